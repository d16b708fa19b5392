"""What a hand-in sees of the environment, whichever engine runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """The variables that a hand-in sees: none of the instructor's. Takes its own home folder."""
    python = Path(sys.executable).parent
    return {
        "PATH": f"{python}{os.pathsep}{os.defpath}",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "IPYTHONDIR": str(folder),
        "LANG": "C.UTF-8",
        # Each thread's arena takes address space, and that is limited.
        "MALLOC_ARENA_MAX": "2",
    }
