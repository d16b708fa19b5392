"""What a learner handed over: is it still the blank, and is it the same as before?"""

from __future__ import annotations

import ast
import hashlib
import inspect
import linecache
import re
import textwrap
from typing import Any


def is_blank(arguments: tuple[Any, ...], blank: str | None) -> bool:
    """Whether these objects are what the notebook had in the exercise cell from the start.

    They are where one of them is `...`, an empty class or a function with a bare `...` in its source,
    and where all of them say what the `blank` code says (an exercise that mends a bug starts from
    whole code). The source decides nothing else.
    """
    trees = [_tree(argument) for argument in arguments]
    if any(argument is ... or _is_empty_class(argument) for argument in arguments):
        return True
    if any(map(_has_ellipsis, trees)):
        return True
    untouched = {ast.dump(statement) for statement in ast.parse(blank or "").body}
    return bool(trees) and all(tree is not None and ast.dump(tree) in untouched for tree in trees)


def digest(arguments: tuple[Any, ...]) -> str:
    """A short fingerprint of what was handed over, by which a second try is told from the first.

    Of a function it takes the whole cell that defined it, helpers included; of a class what stands in
    it. The same code has the same fingerprint after a restart of the kernel; the code cannot be
    read from it.
    """
    said = "\n".join(map(_said, arguments))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]


def _said(value: Any) -> str:
    if inspect.isfunction(value):
        cell = "".join(linecache.getlines(value.__code__.co_filename))
        return _normal(cell) if cell else value.__code__.co_code.hex()
    if inspect.isclass(value):
        own = {
            name: _said(each) if inspect.isfunction(each) else _plain(each)
            for name, each in vars(value).items()
            if not name.startswith("__") or name == "__tablename__"
        }
        return f"class {value.__qualname__} {own} {_plain(inspect.get_annotations(value))}"
    return f"{type(value).__qualname__} {_plain(value)}"


def _normal(code: str) -> str:
    """The code without comments and layout, where Python can read it."""
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError):  # a magic command, say
        return code


_ADDRESS = re.compile(r"0x[0-9A-Fa-f]+")


def _plain(value: Any) -> str:
    try:
        return _ADDRESS.sub("", repr(value))
    except Exception:  # the learner's own __repr__
        return type(value).__qualname__


def _is_empty_class(value: Any) -> bool:
    """Whether a class defines nothing of its own; a notebook has no source of its classes."""
    if not inspect.isclass(value):
        return False
    own = [name for name in vars(value) if not name.startswith(("_", "model_"))]
    return not own and not inspect.get_annotations(value)


def _tree(value: Any) -> ast.stmt | None:
    """The definition of a function, where its source is at hand."""
    if not inspect.isfunction(value):
        return None
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError):
        return None


def _has_ellipsis(tree: ast.stmt | None) -> bool:
    """Whether a bare `...` stands in it; as the whole body of an inner class it is no blank."""
    bodies = [
        getattr(node, "body", None)
        for node in ast.walk(tree or ast.Module([], []))
        if node is tree or not isinstance(node, ast.ClassDef)
    ]
    statements = [each for body in bodies if isinstance(body, list) for each in body]
    return any(
        isinstance(each, ast.Expr)
        and isinstance(each.value, ast.Constant)
        and each.value.value is ...
        for each in statements
    )
