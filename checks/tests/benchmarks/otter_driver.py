"""Runs `otter run` for every folder learner-*, so many at a time, as a shell script would."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def main() -> None:
    """The arguments are the path of otter and how many hand-ins are graded at once."""
    otter, at_once = sys.argv[1:]

    def grade(folder: Path) -> None:
        [notebook] = folder.glob("*.ipynb")
        command = [
            otter,
            "run",
            "-a",
            "autograder.zip",
            "-o",
            str(folder),
            "--no-logo",
            str(notebook),
        ]
        subprocess.run(command, check=True)

    with ThreadPoolExecutor(int(at_once)) as executor:
        list(executor.map(grade, sorted(Path().glob("learner-*"))))


if __name__ == "__main__":
    main()
