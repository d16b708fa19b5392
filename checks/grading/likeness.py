"""When two answers are equal: their code says the same, whatever the names, comments and layout."""

from __future__ import annotations

import ast
import hashlib
import warnings
from typing import Any

LONGEST = 10_000
"""The characters beyond which an answer is neither kept nor parsed."""

_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def likeness(source: str) -> str:
    """A digest that is the same for equal answers.

    Two answers are equal where their syntax trees are, once docstrings are left out and every name
    that the answer itself gives (to functions, classes, parameters, variables, imports) is replaced
    by its number. What is no Python is equal where its lines are, up to white space.
    """
    try:
        if len(source) > LONGEST:
            raise ValueError("too long")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `"\d"` is the learner's matter
            tree = ast.parse(source)
        said = _Shape(tree).text
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        said = "\n".join(line for each in source.splitlines() if (line := " ".join(each.split())))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


class _Shape:
    """A syntax tree as text, with numbers for the names that it gives, and without docstrings."""

    def __init__(self, tree: ast.AST) -> None:
        self._parts: list[str] = []
        self._names: list[int] = []
        self._given: dict[str, str] = {}
        self._add(tree)

    @property
    def text(self) -> str:
        parts = self._parts.copy()
        for place in self._names:
            parts[place] = self._given.get(parts[place], parts[place])
        return "\n".join(parts)

    def _add(self, value: Any) -> None:
        if isinstance(value, ast.AST):
            self._add_node(value)
        elif isinstance(value, list):
            self._parts.append(str(len(value)))
            for each in value:
                self._add(each)
        else:
            self._parts.append(repr(value))

    def _add_node(self, node: ast.AST) -> None:
        self._parts.append(type(node).__name__)
        documented = isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False)
        for field, value in ast.iter_fields(node):
            match node, field, value:
                case ast.Name(ctx=context), "id", name:
                    self._add_name(name, gives=isinstance(context, ast.Store))
                case ast.Global() | ast.Nonlocal(), "names", names:
                    for name in names:
                        self._add_name(name, gives=False)
                case ast.alias(asname=None), "name", name:
                    self._give(name)
                    self._add(name)  # an imported name belongs to its module
                case ast.alias() | ast.keyword(), "name" | "arg", name:
                    self._add(name)  # a keyword of a call belongs to what is called
                case _, "name" | "arg" | "asname", str(name):
                    self._add_name(name, gives=True)
                case _, "body", _ if documented:
                    self._add(value[1:] or [ast.Pass()])
                case _:
                    self._add(value)

    def _add_name(self, name: str, *, gives: bool) -> None:
        if gives:
            self._give(name)
        self._names.append(len(self._parts))
        self._parts.append(name)

    def _give(self, name: str) -> None:
        self._given.setdefault(name, f"name {len(self._given)}")
