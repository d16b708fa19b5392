"""Empties the folder of a hand-in, whatever it did to it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def empty(folder: Path) -> None:
    """Remove everything in the folder, follow no link, and open folders that were locked.

    Raises OSError where something cannot be removed.
    """
    _unlock(folder)
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            Path(entry.path).unlink()


def _unlock(folder: Path) -> None:
    locked = [folder]
    while locked:
        folder = locked.pop()
        folder.chmod(0o700)
        with os.scandir(folder) as entries:
            locked += [Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False)]
