"""Engines: how the cells of a hand-in are run, in a process of their own.

The fast engine forks a child of a process that has imported everything; it needs Linux. The portable
one starts a Jupyter kernel for each hand-in and runs anywhere. Both find the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, Self

from checks.grading.messages import Job, Run

if TYPE_CHECKING:
    from checks.grading.sandbox import Sandbox


class Engine(Protocol):
    """Runs one hand-in at a time; a context manager that ends what it has started.

    `isolation` says in one phrase how it holds a hand-in back.
    """

    @property
    def isolation(self) -> str: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def start(self) -> None:
        """Get ready, so that the first hand-in need not wait. Raises GradingError where it cannot."""

    def run(self, job: Job) -> Run:
        """Run a job to its end; raises nothing that lies in the hand-in."""

    def close(self) -> None:
        """End at once, with whatever is running; may be called from another thread."""


def open_engine(
    stages: Iterable[str], *, portable: bool = False, sandbox: Sandbox | None = None
) -> Engine:
    """An engine of this machine: the fast one on Linux, the portable one elsewhere or on request.

    Takes the stages whose hand-ins it will run, and the sandbox of the fast one: by default, all that
    this machine offers. The portable one has limits on memory, files and time only. It starts its processes when `start` or `run` is called.
    """
    import sys

    if portable or sys.platform != "linux":
        from checks.grading.engine.portable import PortableEngine

        return PortableEngine()
    from checks.course import ROOT
    from checks.grading.engine.fast import FastEngine
    from checks.grading.sandbox import View, probe

    return FastEngine(stages, sandbox or probe(View.of_course(ROOT)))
