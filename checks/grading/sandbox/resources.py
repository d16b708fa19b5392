"""The limits that the operating system keeps for one process (getrlimit(2))."""

from __future__ import annotations

import math
from contextlib import suppress

from checks.grading.limits import Limits

_SECONDS_OF_GRACE = 5


def load() -> None:
    """Load the module of the standard library once, in the worker, where the system has it."""
    with suppress(ImportError):
        import resource  # noqa: F401


def limit(limits: Limits, *, count_processes: bool) -> None:
    """Put the limits in force for this process; what the system does not know of is left out.

    The number of processes is counted per user: it binds only where nobody else is counted with them.
    """
    import resource

    seconds = math.ceil(limits.seconds)
    wanted = {
        "RLIMIT_AS": limits.memory,
        "RLIMIT_FSIZE": limits.file_size,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    if count_processes:
        wanted["RLIMIT_NPROC"] = limits.processes
    for name, value in wanted.items():
        with suppress(AttributeError, ValueError, OSError):  # macOS has not all of them
            _set(getattr(resource, name), value, value)
    # The grader keeps the time; this holds where the grader itself was killed.
    with suppress(ValueError, OSError):
        _set(resource.RLIMIT_CPU, seconds, seconds + _SECONDS_OF_GRACE)


def _set(number: int, soft: int, hard: int) -> None:
    import resource

    allowed = resource.getrlimit(number)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(number, (soft, hard))
