"""A seal over everything that decides over points: was anything of it replaced?

The objects that modules and classes hold are noted before a hand-in runs and compared afterwards, in
about half a millisecond. Python itself tells when the code or the default values of a function are set,
or when somebody asks to see each step of a check (`sys.addaudithook`), so that even what was put right
again is noticed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from operator import is_, itemgetter
from types import FunctionType, ModuleType
from typing import Any

from checks.check import Check, Checks
from checks.exercise import Exercise
from checks.observers import Observers

_WATCHED = (
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
    "random",
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

_SET = {"object.__setattr__", "object.__delattr__"}
_WATCH_STEPS = {"sys.settrace", "sys.setprofile", "sys.monitoring.register_callback"}
_STEPS = "what Python does at each step"


class Seal:
    """What the watched modules held when the seal was made.

    Every loaded module below `checks` is watched, and those modules of Python and of the libraries that
    checks rely on: their functions, classes and exercises, the functions of these, and their code.
    """

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._functions: dict[int, str] = {}
        self._seen: set[int] = set()
        for name, module in sorted(sys.modules.items()):
            if isinstance(module, ModuleType) and (
                name in _WATCHED or (name + ".").startswith("checks.")
            ):
                self._watch(name, vars(module), name)
        self._changed: list[str] = []
        self._in_check = False
        sys.addaudithook(self._hear)
        self._hooks = list(map(id, sys.meta_path))
        self._tracing = _tracing()

    def begin_check(self) -> str | None:
        """What watches each step of the check that is about to begin, in words; None where nothing does.

        Until `broken` is called, whoever begins to watch breaks the seal.
        """
        self._in_check = True
        return None if _tracing() == self._tracing else _STEPS

    def broken(self) -> str | None:
        """The first thing that is not what it was, by its name; None as long as the seal holds."""
        self._in_check = False
        if self._changed:
            return self._changed[0]
        for held in self._held:
            if difference := held.difference():
                return difference
        if list(map(id, sys.meta_path))[: len(self._hooks)] != self._hooks:
            return "sys.meta_path"
        if _tracing() != self._tracing:
            return _STEPS
        return None

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _SET:
            name = self._functions.get(id(arguments[0]))
            if name is not None:
                self._changed.append(name)
        elif event in _WATCH_STEPS and self._in_check:
            self._changed.append(_STEPS)

    def _watch(self, owner: str, place: Mapping[str, Any], module: str) -> None:
        decisive = {
            key: value for key, value in place.items() if key not in _OPEN and _decides(value)
        }
        # A module may load another one late; what is added to a class hides what it inherits.
        size = math.inf if owner == module else len(place)
        if decisive or (place and module.startswith("checks.")):
            self._held.append(_Held(owner, place, decisive, size))
        for key, value in decisive.items():
            self._look_into(f"{owner}.{key}", value, module)

    def _look_into(self, name: str, value: Any, module: str) -> None:
        if id(value) in self._seen:
            return
        if isinstance(value, type) and (value.__module__ != module or _is_fixed(value)):
            return
        self._seen.add(id(value))
        for function in _functions(value):
            self._functions[id(function)] = name
        if isinstance(value, type):
            self._watch(name, vars(value), module)
        elif isinstance(value, Checks):
            self._watch(name, value._checks, module)
        elif isinstance(value, Check | Exercise):
            self._watch(name, vars(value), module)
        elif isinstance(value, Observers):  # whoever gets between hears what is not yet decided
            self._held.append(_Held(name, vars(value), vars(value).copy(), math.inf))


class _Held:
    """The decisive values of one module, class or the like; more than `size` values are looked at."""

    def __init__(
        self, owner: str, place: Mapping[str, Any], decisive: Mapping[str, Any], size: float
    ) -> None:
        self._owner = owner
        self._place = place
        self._decisive = decisive
        self._size = size
        # A look touches as little memory as it can: in a forked process, each page of it is copied.
        keys = tuple(decisive or place)
        self._look = itemgetter(keys[0], *keys)  # of two keys or more, which it gives as a tuple
        self._values = self._look(place)

    def difference(self) -> str | None:
        """The first value that is not what it was, by its name."""
        try:
            same = all(map(is_, self._look(self._place), self._values))
        except KeyError:
            same = False
        if same and len(self._place) <= self._size:
            return None
        return self._first_difference()

    def _first_difference(self) -> str | None:
        for key, value in self._decisive.items():
            now = self._place.get(key)
            if now is not value and not _is_of_an_open_xray(now):
                return f"{self._owner}.{key}"
        for key, value in self._place.items():
            if key not in self._decisive and key not in _OPEN and _decides(value):
                return f"{self._owner}.{key}"
        return None


def _is_of_an_open_xray(value: Any) -> bool:
    """Whether an x-ray that a learner has left open has put this there."""
    hooks = sys.modules.get("checks.xray.hooks")
    return hooks is not None and any(value is each for each in hooks.stand_ins)


def _is_fixed(value: type) -> bool:
    """Whether Python itself refuses to change the attributes of a class, as of those written in C."""
    made_by_a_program, immutable = 1 << 9, 1 << 8  # see "Type flags" in Python's C API
    return not value.__flags__ & made_by_a_program or bool(value.__flags__ & immutable)


def _tracing() -> tuple[Any, ...]:
    """Who watches every step of this thread, and could change what the steps see."""
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    tools = map(monitoring.get_tool, range(6)) if monitoring else ()
    return (sys.gettrace(), sys.getprofile(), *tools)


def _decides(value: Any) -> bool:
    return callable(value) or isinstance(
        value, property | classmethod | staticmethod | Checks | Exercise | Observers | Enum
    )


def _functions(value: Any) -> Iterator[FunctionType]:
    match value:
        case FunctionType():
            yield value
        case classmethod() | staticmethod():
            yield from _functions(value.__func__)
        case property(fget=getter, fset=setter):
            yield from (each for each in (getter, setter) if isinstance(each, FunctionType))
