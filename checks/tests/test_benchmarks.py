"""The benchmarks do not run with the tests; but what they import is there, and they say what they do."""

from importlib import import_module
from pathlib import Path

import pytest

NAMES = sorted(path.stem for path in Path(__file__).with_name("benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_imported_and_is_described(name: str) -> None:
    assert import_module(f"checks.tests.benchmarks.{name}").__doc__
