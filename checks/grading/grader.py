"""A grader of this machine: an engine per hand-in that is under way at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from queue import SimpleQueue

from checks.grading.collect import HandIn
from checks.grading.engine import Engine
from checks.grading.grade import Grade, Options, grade
from checks.grading.repair import Release


class Grader:
    """Grades hand-ins, as many at once as it has engines; called from as many threads.

    Takes how to open an engine, and how many. A context manager that closes them.
    """

    def __init__(
        self,
        releases: Mapping[str, Release],
        options: Options,
        open_engine: Callable[[], Engine],
        engines: int,
    ) -> None:
        self._releases = releases
        self._options = options
        self._free: SimpleQueue[Engine] = SimpleQueue()
        with ExitStack() as opening:
            for _ in range(engines):
                engine = opening.enter_context(open_engine())
                engine.start()
                self._free.put(engine)
            self._engines = opening.pop_all()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, hand_in: HandIn) -> Grade:
        """Grade a hand-in; raises nothing that lies in it."""
        engine = self._free.get()
        try:
            return grade(hand_in, self._releases, engine, self._options)
        finally:
            self._free.put(engine)

    def close(self) -> None:
        """End at once whatever is running; may be called from another thread."""
        self._engines.close()
