"""Imports that cost more than they are worth."""

from __future__ import annotations

import sys


def skip_grammars() -> None:
    """Call before nbformat, nbclient or jupytext are imported: it saves three quarters of a second.

    nbformat imports jsonschema, which imports `rfc3987_syntax` where that is installed, and that builds
    grammars for international addresses. No notebook is validated against them.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
