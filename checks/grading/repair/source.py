"""Looking at source text, mostly without parsing it: a hand-in's may be broken, magic or half a statement."""

from __future__ import annotations

import builtins
import io
import re
import symtable
import tokenize
import warnings
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

_DEFINITION = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)")
_ASSIGNMENT = re.compile(r"(?:[A-Za-z_]\w*\s*(?::[^=]+)?=(?!=)\s*)+")
_TARGET = re.compile(r"([A-Za-z_]\w*)\s*(?::[^=]+)?=(?!=)")
_CHECK = re.compile(r"check\.(\w+)\(")
_CALL = re.compile(r"(check\.\w+|predict\.\w+|quiz)\(")
_NAME = re.compile(r"[A-Za-z_]\w*")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_FENCE_ALONE = re.compile(r" {0,3}(?:```|~~~)\s*")
_IMPORT = re.compile(r"(?:import|from)\s+\w")
_CONTINUES = re.compile(r"[ \t]+\S|(?:else|elif|except|finally)\b")
_LEADS_ON = re.compile(r"[@#]")
_TIMING = re.compile(r"\s*%%(?:time|timeit|capture)\b.*\n?")
_BUILTIN = frozenset(dir(builtins))
_LONGEST_PARSED = 50_000


def bare(source: str) -> str:
    """The text without what does not matter: blank lines, tabs for spaces, spaces at the ends."""
    return "\n".join(filter(None, map(str.rstrip, source.expandtabs(4).splitlines())))


def code(source: str) -> str:
    """The bare text without lines that are comments or magics."""
    text = bare(source)
    if "#" not in text and "%" not in text:
        return text
    return "\n".join(line for line in text.splitlines() if line.lstrip()[0] not in "#%")


def top_lines(source: str) -> Iterator[tuple[int, str]]:
    """The lines that begin at the margin and in no text literal, with their numbers from 0."""
    inside = _inside_text(source) if '"""' in source or "'''" in source else frozenset()
    for number, line in enumerate(source.split("\n")):
        if line[:1].strip() and number not in inside:
            yield number, line


@lru_cache(maxsize=8192)
def defined(source: str) -> frozenset[str]:
    """The names of functions, classes and variables that the source defines at its margin."""
    return frozenset(name for _, line in top_lines(source) for name in defined_by(line))


def defined_by(line: str) -> list[str]:
    """The names that a line at the margin defines."""
    if definition := _DEFINITION.match(line):
        return [definition[1]]
    assignment = _ASSIGNMENT.match(line)
    return _TARGET.findall(assignment[0]) if assignment else []


def forget() -> None:
    """Keep nothing of what was read: a hand-in's texts may be large."""
    defined.cache_clear()


def names(source: str) -> frozenset[str]:
    """Every name that stands in the source."""
    return frozenset(_NAME.findall(source))


@lru_cache(maxsize=256)  # the lesson's own cells come again with each hand-in
def binds(source: str) -> frozenset[str]:
    """The global names that the source gives a value; where Python cannot read it, those at its margin."""
    scopes = _scopes(source)
    return _bound(scopes) if scopes else defined(source)


def needs(source: str) -> frozenset[str]:
    """The global names that the source takes from elsewhere; none where Python cannot read it."""
    scopes = _scopes(source)
    used = frozenset(
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if symbol.is_referenced() and (scope is scopes[0] or symbol.is_global())
    )
    return used - _bound(scopes) - _BUILTIN


def checked(line: str) -> str | None:
    """The exercise that a line at the margin checks, or None."""
    found = _CHECK.match(line)
    return found[1] if found else None


def only_calls(source: str) -> str | None:
    """What is called first, such as `check.get_db`, where the source only checks, predicts or asks."""
    lines = [line for _, line in top_lines(code(source)) if line[0] not in ")]}"]
    calls = [_CALL.match(line) for line in lines]
    return calls[0][1] if calls and calls[0] and all(calls) else None


def without_checks(source: str) -> str:
    """The source without the lines at its margin that check an exercise."""
    calls = {number for number, line in top_lines(source) if checked(line)}
    lines = source.split("\n")
    return "\n".join(line for number, line in enumerate(lines) if number not in calls)


def above_check(source: str) -> str:
    """The source above the first line at its margin that checks an exercise."""
    first = next((number for number, line in top_lines(source) if checked(line)), None)
    return "\n".join(source.split("\n")[:first])


def without_timing(source: str) -> str:
    """The source without a first line that says to time or to hide the whole cell."""
    return _TIMING.sub("", source)


def unfenced(source: str) -> str:
    """The code in a cell that is no code cell: what stands between fences, else all of it."""
    closed: list[str] = []
    block: list[str] | None = None
    for line in source.split("\n"):
        if block is None:
            block = [] if _FENCE.match(line) else None
        elif _FENCE_ALONE.fullmatch(line):
            closed += block
            block = None
        else:
            block.append(line)
    return "\n".join(closed) or source


def continues(source: str) -> bool:
    """Whether the source goes on in the middle of a block that began elsewhere."""
    for line in source.split("\n"):
        if line.strip() and not line.lstrip().startswith("#"):
            return _CONTINUES.match(line) is not None
    return False


def ends_inside(source: str) -> bool:
    """Whether the source could go on in the block that it ends with."""
    lines = [line for line in bare(source).split("\n") if not line.lstrip().startswith("#")]
    return bool(lines) and (lines[-1].startswith(" ") or lines[-1].endswith(":"))


def imports(source: str) -> list[str]:
    """The import statements at the margin, each as it stands there."""
    lines = source.split("\n")
    found = []
    for number, line in top_lines(source):
        if _IMPORT.match(line):
            end = number + 1
            while "(" in line and ")" not in lines[end - 1] and end < len(lines):
                end += 1
            found.append("\n".join(lines[number:end]))
    return found


def definitions(source: str) -> list[str]:
    """The definitions and assignments at the margin, each as it stands there, with its decorators."""
    lines = source.split("\n")
    starts: list[int] = []
    defining: set[int] = set()
    decorated = False
    for number, line in top_lines(source):
        if line[0] in ")]}":
            continue
        if not decorated:
            starts.append(number)
        decorated = line[0] == "@"
        if defined_by(line):
            defining.add(starts[-1])
    return [
        "\n".join(lines[begin:end]).rstrip()
        for begin, end in pairwise([*starts, len(lines)])
        if begin in defining
    ]


def start_of(number: int, lines: list[str]) -> int:
    """Where the definition on this line begins, with the decorators and comments above it."""
    while number > 0 and _LEADS_ON.match(lines[number - 1]):
        number -= 1
    return number


def _inside_text(source: str) -> frozenset[int]:
    """The numbers of the lines that begin inside of a text literal, as far as Python can tell."""
    inside: set[int] = set()
    try:
        start = None
        for token in tokenize.generate_tokens(io.StringIO(_without_magic(source)).readline):
            kind = tokenize.tok_name[token.type]
            if kind == "STRING":
                inside.update(range(token.start[0], token.end[0]))
            elif kind == "FSTRING_START":
                start = token.start[0]
            elif kind == "FSTRING_END" and start is not None:
                inside.update(range(start, token.end[0]))
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass  # what was found until here is as good as it gets
    return frozenset(inside)


def _scopes(source: str) -> list[symtable.SymbolTable]:
    """The scopes in the source, the global one first; none where Python cannot read it, or not soon."""
    if len(source) > _LONGEST_PARSED:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scopes = [symtable.symtable(_without_magic(source), "<cell>", "exec")]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    for scope in scopes:
        scopes += scope.get_children()
    return scopes


def _bound(scopes: list[symtable.SymbolTable]) -> frozenset[str]:
    return frozenset(
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if (symbol.is_assigned() or symbol.is_imported())
        and (scope is scopes[0] or symbol.is_declared_global())
    )


def _without_magic(source: str) -> str:
    """The source as Python can read it: what is magic to IPython is a comment."""
    return re.sub(r"(?m)^[%!?]", "#", source)
