"""`python -m checks` is the same as `course`; both say in one line which package is missing."""

from __future__ import annotations

import sys
from pathlib import Path

from checks.installed import install_command


def main() -> None:
    """Run the command line."""
    try:
        from checks.cli import main as command_line
    except ModuleNotFoundError as error:
        mend = install_command(Path(__file__).resolve().parent.parent)
        print(f"the package {error.name} is missing. To mend it: {mend}", file=sys.stderr)
        sys.exit(2)
    command_line()


if __name__ == "__main__":
    main()
