"""Those who want to be told: a grader hears what each check finds out, a test what was voted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Told = TypeVar("Told")


class Observers(Generic[Told]):
    """The observers of one kind of news."""

    def __init__(self) -> None:
        self._observers: list[Callable[[Told], None]] = []

    def tell(self, news: Told) -> None:
        """Tell everybody who observes now."""
        for observer in tuple(self._observers):
            observer(news)

    @contextmanager
    def observing(self, observer: Callable[[Told], None]) -> Iterator[None]:
        """Tell `observer` all the news of this block."""
        self._observers.append(observer)
        try:
            yield
        finally:
            self._observers.remove(observer)
