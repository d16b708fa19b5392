"""Empties the folder of a hand-in, whatever it did to it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def empty(folder: Path) -> None:
    """Remove everything in the folder, follow no link, and open folders that were locked.

    Raises OSError where something cannot be removed.
    """
    folder.chmod(0o700)
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        if not entry.is_dir(follow_symlinks=False):
            Path(entry.path).unlink()
            continue
        for parent, folders, _ in os.walk(entry.path):
            Path(parent).chmod(0o700)
            for name in folders:
                if not Path(parent, name).is_symlink():
                    Path(parent, name).chmod(0o700)
        shutil.rmtree(entry.path)
