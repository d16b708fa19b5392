"""How far the grading is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_SECONDS_BETWEEN_LINES = 30


@contextmanager
def shown_progress(console: Console, total: int) -> Iterator[Callable[[], None]]:
    """Show how many of `total` hand-ins are done; gives whom to tell of each."""
    if not console.is_terminal:
        yield _Lines(console, total).advance
        return
    columns = (
        TextColumn("Grading"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Grading", total=total)
        yield lambda: progress.advance(task)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:.1f}/s")


class _Lines:
    """A line for each tenth, and for each half minute."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0
        self._began = self._last = time.monotonic()

    def advance(self) -> None:
        self._done += 1
        now = time.monotonic()
        tenth = self._done * 10 // self._total > (self._done - 1) * 10 // self._total
        if not tenth and now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        rate = self._done / max(now - self._began, 1e-9)
        left = timedelta(seconds=round((self._total - self._done) / rate))
        self._console.print(
            f"graded {self._done} of {self._total}, {rate:.1f}/s, {left} left", highlight=False
        )
