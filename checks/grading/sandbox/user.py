"""Root runs hand-ins as a user who owns nothing."""

from __future__ import annotations

import os

NOBODY = 65534


def is_root() -> bool:
    """Whether this process could become another user."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def become_nobody() -> None:
    """Give up root for good. Raises OSError where there is no other user in this user namespace."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
