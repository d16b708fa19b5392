"""A seal over everything that decides over points: was anything of it replaced?

The objects that modules and classes hold, and the code of their functions, are noted before a hand-in
runs and compared afterwards. A comparison takes one or two milliseconds.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter, is_
from types import FunctionType, ModuleType
from typing import Any

from checks.exercise import Check, Checks, Exercise

_WATCHED = (
    "ast",
    "asyncio.runners",
    "builtins",
    "contextlib",
    "dataclasses",
    "fastapi.applications",
    "fastapi.routing",
    "fastapi.testclient",
    "httpx2",
    "inspect",
    "json",
    "json.decoder",
    "os",
    "re",
    "sqlalchemy.engine.base",
    "sqlalchemy.engine.create",
    "sqlalchemy.event.api",
    "sqlalchemy.orm.session",
    "sqlite3",
    "starlette.responses",
    "starlette.testclient",
    "time",
)
# What is left in these places by Python, IPython and the running check itself is no tampering.
_OPEN = frozenset({"_", "__", "___", "__warningregistry__", "input", "display", "get_ipython"})


class Seal:
    """What the watched modules held when the seal was made.

    Every loaded module below `checks` is watched, and those modules of Python and of the libraries that
    checks rely on: their functions, classes and exercises, the functions of these, and their code.
    """

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._functions: list[FunctionType] = []
        self._names: list[str] = []
        self._seen: set[int] = set()
        for name, module in sorted(sys.modules.items()):
            if isinstance(module, ModuleType) and (
                name in _WATCHED or (name + ".").startswith("checks.")
            ):
                self._watch(name, vars(module), name)
        self._code = [_ids(self._functions, part) for part in _PARTS]
        self._hooks = list(map(id, sys.meta_path))
        self._tracing = _tracing()

    def broken(self) -> str | None:
        """The first thing that is not what it was, by its name; None as long as the seal holds."""
        for held in self._held:
            same = all(map(is_, map(held.place.get, held.keys), held.values))
            grown = len(held.place) > held.size
            if (not same or grown) and (difference := held.first_difference()):
                return difference
        for part, then in zip(_PARTS, self._code, strict=True):
            now = _ids(self._functions, part)
            if now != then:
                return next(
                    name
                    for name, one, other in zip(self._names, now, then, strict=True)
                    if one != other
                )
        if list(map(id, sys.meta_path))[: len(self._hooks)] != self._hooks:
            return "sys.meta_path"
        if _tracing() != self._tracing:
            return "what Python does at each step"
        return None

    def _watch(self, owner: str, place: Mapping[str, Any], module: str) -> None:
        decisive = {
            key: value for key, value in place.items() if key not in _OPEN and _decides(value)
        }
        # A module may load another one late; what is added to a class hides what it inherits.
        size = math.inf if owner == module else len(place)
        self._held.append(_Held(owner, place, tuple(decisive), tuple(decisive.values()), size))
        for key, value in decisive.items():
            self._look_into(f"{owner}.{key}", value, module)

    def _look_into(self, name: str, value: Any, module: str) -> None:
        if id(value) in self._seen or (isinstance(value, type) and value.__module__ != module):
            return
        self._seen.add(id(value))
        for function in _functions(value):
            self._names.append(name)
            self._functions.append(function)
        if isinstance(value, type):
            self._watch(name, vars(value), module)
        elif isinstance(value, Checks):
            self._watch(name, value._checks, module)
        elif isinstance(value, Check | Exercise):
            self._watch(name, vars(value), module)


@dataclass(frozen=True)
class _Held:
    owner: str
    place: Mapping[str, Any]
    keys: tuple[str, ...]
    values: tuple[Any, ...]
    size: float

    def first_difference(self) -> str | None:
        for key, value in zip(self.keys, self.values, strict=True):
            if self.place.get(key) is not value:
                return f"{self.owner}.{key}"
        for key, value in self.place.items():
            if key not in self.keys and key not in _OPEN and _decides(value):
                return f"{self.owner}.{key}"
        return None


_PARTS = tuple(
    attrgetter(name) for name in ("__code__", "__defaults__", "__kwdefaults__", "__closure__")
)


def _tracing() -> tuple[Any, ...]:
    """Who watches every step of this thread, and could change what the steps see."""
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    tools = map(monitoring.get_tool, range(6)) if monitoring else ()
    return (sys.gettrace(), sys.getprofile(), *tools)


def _ids(functions: list[FunctionType], part: Callable[[Any], Any]) -> list[int]:
    return list(map(id, map(part, functions)))


def _decides(value: Any) -> bool:
    return callable(value) or isinstance(
        value, property | classmethod | staticmethod | Checks | Exercise
    )


def _functions(value: Any) -> Iterator[FunctionType]:
    match value:
        case FunctionType():
            yield value
        case classmethod() | staticmethod():
            yield from _functions(value.__func__)
        case property(fget=getter, fset=setter):
            yield from (each for each in (getter, setter) if isinstance(each, FunctionType))
