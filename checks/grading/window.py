"""Work handed to an executor, a window of it at a time, so that nothing piles up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_window(
    executor: Executor, function: Callable[[Item], Result], items: Iterable[Item], size: int
) -> Iterator[tuple[Item, Result]]:
    """Each item with the function's result, as they come; at most `size` are under way.

    Raises what the function raises. Items are only taken when there is room for them.
    """
    rest = iter(items)
    pending: dict[Future[Result], Item] = {}
    while True:
        for item in islice(rest, size - len(pending)):
            pending[executor.submit(function, item)] = item
        if not pending:
            return
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            yield pending.pop(future), future.result()
