"""The requirements installed into the environment that runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from checks.upkeep.files import UpkeepError


def install_requirements(root: Path, say: Callable[[str], None]) -> None:
    """Run pip over `requirements.txt`; raises UpkeepError with the command where that fails."""
    from checks.installed import install_command

    say("Installing what the new release needs ...")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "-r", "requirements.txt"]
    try:
        failed = subprocess.run(pip, cwd=root, check=False).returncode != 0  # noqa: S603
    except OSError:
        failed = True
    if failed:
        raise UpkeepError(
            "the notebooks are those of the new release, but its packages could not be installed; "
            f"try again online: {install_command(root)}"
        )
