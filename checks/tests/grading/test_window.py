"""A window of work is under way, never all of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from checks.grading.window import in_window


def test_every_item_comes_once_with_its_result() -> None:
    with ThreadPoolExecutor(2) as executor:
        found = list(in_window(executor, str, range(50), 4))
    assert sorted(found) == [(number, str(number)) for number in range(50)]


def test_items_are_taken_only_when_there_is_room() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(2) as executor:
        for done, _ in enumerate(in_window(executor, str, items(), 4), 1):
            assert len(taken) <= done + 4


def test_what_the_function_raises_is_raised() -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError):
        list(in_window(executor, lambda number: 1 / number, [0], 4))
