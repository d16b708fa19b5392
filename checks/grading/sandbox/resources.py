"""The limits that the operating system keeps for one process (getrlimit(2))."""

from __future__ import annotations

import math
import os
from contextlib import suppress

from checks.grading.limits import Limits

_SECONDS_OF_GRACE = 5


def load() -> None:
    """Load the module of the standard library once, in the worker, where the system has it."""
    with suppress(ImportError):
        import resource  # noqa: F401


def limit(limits: Limits, *, count_processes: bool) -> None:
    """Put the limits in force for this process; what the system does not know of is left out.

    Windows knows of none.

    The number of processes is counted per user: it binds only where nobody else is counted with them.
    """
    try:
        import resource
    except ImportError:  # Windows
        return

    # The grader keeps the time: this holds only where all cores are busy, or nobody keeps it any more.
    seconds = math.ceil(limits.seconds + _SECONDS_OF_GRACE) * (os.cpu_count() or 1)
    wanted = {
        "RLIMIT_AS": limits.memory,
        "RLIMIT_FSIZE": limits.file_size,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_CPU": seconds,
    }
    if count_processes:
        wanted["RLIMIT_NPROC"] = limits.processes
    for name, value in wanted.items():
        with suppress(AttributeError, ValueError, OSError):  # macOS has not all of them
            _set(getattr(resource, name), value)


def _set(number: int, value: int) -> None:
    import resource

    allowed = resource.getrlimit(number)[1]
    if allowed != resource.RLIM_INFINITY:
        value = min(value, allowed)
    resource.setrlimit(number, (value, value))
