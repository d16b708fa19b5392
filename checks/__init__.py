"""The package behind the notebooks: checks, claims, the x-ray, grading and authoring."""

# This file is read before anything is known of the Python that runs: it has to parse on old ones.
from __future__ import annotations

import sys


class SetUpError(ImportError):
    """The course cannot run here; the message is one line, and a notebook shows nothing else."""

    def _render_traceback_(self) -> list[str]:
        return [f"SetUpError: {self}"]


if sys.version_info < (3, 11):  # noqa: UP036, a notebook can be opened with any kernel
    raise SetUpError(
        f"this is Python {sys.version_info[0]}.{sys.version_info[1]}, and the course needs 3.11 or newer. "
        "To mend it: choose the kernel of the course's own environment (Kernel, Change Kernel)"
    )


def _require() -> None:
    from pathlib import Path

    from checks.installed import what_is_missing

    missing = what_is_missing(Path(__file__).resolve().parent.parent)
    if missing:
        raise SetUpError(missing)


# In a notebook only: on the command line, `course doctor` has to run whatever is missing.
if "ipykernel" in sys.modules:
    _require()
