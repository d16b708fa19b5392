"""What the set-up gives, and whether it is still that: names can be overwritten in a notebook."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from checks import lesson
from checks.course import StageEntry
from checks.display import kind_of

_NOWHERE = object()


def overwritten(
    namespace: Mapping[str, Any], names: Iterable[str], stage: StageEntry
) -> str | None:
    """The first of these names that no longer means what the set-up of the stage gave it, or None.

    An import is compared with what it imports, a function or class with its kind; of a variable nothing
    is known. A name that the lesson itself defines again is left alone.
    """
    given = _given(stage)
    for name in sorted(set(names) & given.keys() & namespace.keys()):
        if not _is_still(name, given[name], namespace[name]):
            return name
    return None


def overwritten_for(arguments: tuple[Any, ...], stage: StageEntry) -> tuple[str, Any] | None:
    """The same for the names that a learner's functions use, with what it means now.

    What their own cell defines is theirs.
    """
    for function in _functions(arguments):
        own = _defined_beside(function)
        used = set(_names(function.__code__)) - own
        if name := overwritten(function.__globals__, used, stage):
            return name, function.__globals__[name]
    return None


def sentence_on(name: str, value: Any) -> str:
    """The sentence on a name that was overwritten."""
    return (
        f"`{name}` is no longer what the set-up gives: it is {kind_of(value)} now. "
        "Run the set-up cells above once more, then this one."
    )


@cache
def _given(stage: StageEntry) -> dict[str, ast.stmt]:
    """The statement that gives each name, as far as only the set-up gives it."""
    defined = {
        name: statement
        for statement in lesson.given_code(stage)
        for name in lesson.bound(statement)
    }
    return {name: defined[name] for name in defined.keys() - lesson.later_names(stage)}


def _is_still(name: str, statement: ast.stmt, value: Any) -> bool:
    match statement:
        case ast.ImportFrom(module=str(module), names=aliases):
            original = next(each.name for each in aliases if name in {each.name, each.asname})
            # What was replaced in the module itself is replaced for the lesson too.
            imported = getattr(sys.modules.get(module), original, _NOWHERE)
            return imported is _NOWHERE or value is imported
        case ast.Import():
            return inspect.ismodule(value)
        case ast.ClassDef():
            return inspect.isclass(value)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return callable(value)
    return True


def _functions(arguments: tuple[Any, ...]) -> Iterator[FunctionType]:
    for argument in arguments:
        inside = vars(argument).values() if inspect.isclass(argument) else (argument,)
        yield from (each for each in inside if isinstance(each, FunctionType))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _defined_beside(function: FunctionType) -> set[str]:
    try:
        cell = ast.parse("".join(linecache.getlines(function.__code__.co_filename)))
    except (SyntaxError, ValueError):
        return set()
    return {name for statement in cell.body for name in lesson.bound(statement)}
