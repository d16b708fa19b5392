"""When two answers are equal: their code says the same, whatever the names, comments and layout."""

from __future__ import annotations

import ast
import hashlib
import warnings

LONGEST = 10_000
"""The characters beyond which an answer is neither kept nor parsed."""


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
        _strip_docstrings(tree)
        said = ast.dump(_Renamer(_own_names(tree)).visit(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        said = "\n".join(line for each in source.splitlines() if (line := " ".join(each.split())))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


def _strip_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]


def _own_names(tree: ast.AST) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                names.setdefault(name, f"name{len(names)}")
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                names.setdefault(name, f"name{len(names)}")
            case ast.alias(name=name, asname=given):
                names.setdefault(given or name, f"name{len(names)}")
    return names


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field in ("id", "arg", "name", "asname"):
            given = getattr(node, field, None)
            # A keyword of a call belongs to what is called; an imported name to its module.
            if isinstance(given, str) and not isinstance(node, ast.keyword):
                if isinstance(node, ast.alias) and field == "name":
                    continue
                setattr(node, field, self._names.get(given, given))
        return super().generic_visit(node)
