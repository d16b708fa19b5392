"""The source of a stage, `solutions/NN_stem.py`, read and validated cell by cell."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import dropwhile
from typing import TYPE_CHECKING, Any

from checks.authoring.blank import Line, two_forms
from checks.course import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from checks.course import StageEntry

IGNORE_OUTPUT = "nbval-ignore-output"
"""The tag of a cell whose output differs from run to run; such a cell says `why`."""

_FORMAT = {"extension": ".py", "format_name": "percent"}
_FENCE = "# ---"
_HEADER = re.compile(r"# *%%+(\s|$)")
_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_IDENTIFIER = 64  # nbformat allows no more
_UNREADABLE = "incorrectly_encoded_metadata"
_OF_JUPYTEXT = {"lines_to_next_cell", "region_name", "cell_marker"}


class Kind(StrEnum):
    """What a cell is for."""

    SETUP = "setup"
    PROSE = "prose"
    EXAMPLE = "example"
    EXERCISE = "exercise"
    CHECK = "check"
    PREDICT = "predict"
    QUIZ = "quiz"
    DEMO = "demo"


_CODE_KINDS = ", ".join(kind for kind in Kind if kind is not Kind.PROSE)
_OF_AN_EXERCISE = {Kind.EXERCISE, Kind.CHECK}
_PLAIN_PYTHON = {Kind.SETUP, Kind.CHECK}  # the grader runs them without looking for magic


class SourceError(CourseError):
    """A source is not as it should be; `problems` has one line for each thing to mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson: `solved` and `learner` are its text in the two notebooks.

    `line` is where its header stands, `metadata` what Jupyter itself reads (tags and the like).
    """

    id: str
    kind: Kind
    line: int
    solved: str
    learner: str
    exercise: str | None = None
    why: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """The source of one stage; `name` is its path in the course."""

    name: str
    cells: tuple[Cell, ...]

    def of_kind(self, *kinds: Kind) -> tuple[Cell, ...]:
        """The cells of these kinds, in order."""
        return tuple(cell for cell in self.cells if cell.kind in kinds)


def read_source(root: Path, stage: StageEntry) -> Source:
    """Read the source of a stage in the course at `root`.

    Returns its cells. Raises SourceError with every problem found, each with file and line.
    """
    name = f"solutions/{stage.stem}.py"
    try:
        lines = (root / name).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError([f"{name}: cannot be read: {error}"]) from None
    first = _first_cell(lines)
    if first <= len(lines) and not _HEADER.match(lines[first - 1]):
        raise SourceError([f"{name}:{first}: belongs to no cell: begin with a `# %%` line"])
    reader = _Reader(name, lines)
    found = [reader.read(cell, line) for line, cell in _cells(lines, first)]
    if reader.problems:
        raise SourceError(reader.problems)
    return Source(name, tuple(cell for cell in found if cell is not None))


def _first_cell(lines: list[str]) -> int:
    """The number of the first line below jupytext's own header, which a file need not have."""
    ends = [number for number, line in enumerate(lines, 1) if line.rstrip() == _FENCE][:2]
    first = ends[1] + 1 if len(ends) == 2 and ends[0] == 1 else 1
    while first <= len(lines) and not lines[first - 1].strip():
        first += 1
    return first


def _cells(lines: list[str], line: int) -> Iterator[tuple[int, Any]]:
    """Each cell as jupytext reads it, with the line of its header, which `jupytext.reads` drops."""
    from jupytext.cell_reader import DoublePercentScriptCellReader

    while rest := lines[line - 1 :]:
        cell, length = DoublePercentScriptCellReader(_FORMAT, "python").read(rest)
        yield line, cell
        line += length


class _Reader:
    """Reads cell after cell, and notes what is wrong with them."""

    def __init__(self, name: str, lines: list[str]) -> None:
        self.problems: list[str] = []
        self._name = name
        self._lines = lines
        self._seen: dict[str, int] = {}

    def read(self, cell: Any, line: int) -> Cell | None:
        """A cell of jupytext whose header stands at `line`; None where that cannot be used."""
        metadata = {key: value for key, value in cell.metadata.items() if key not in _OF_JUPYTEXT}
        if _UNREADABLE in metadata:
            written = metadata[_UNREADABLE]
            self._complain(line, f'the header {written} cannot be read: write key="value"')
            return None
        identifier = self._identifier(metadata.pop("cid", None), line)
        kind = self._kind(metadata.pop("kind", None), cell.cell_type, line)
        exercise, why = metadata.pop("exercise", None), metadata.pop("why", None)
        if IGNORE_OUTPUT in metadata.get("tags", []) and not why:
            self._complain(line, f'the tag {IGNORE_OUTPUT} needs a reason: add why="…"')
        if identifier is None or kind is None:
            return None
        if kind in _OF_AN_EXERCISE and not exercise:
            self._complain(line, f'a cell of kind {kind} says whose it is: add exercise="…"')
        if exercise and kind not in {*_OF_AN_EXERCISE, Kind.PROSE}:
            self._complain(
                line, f'a cell of kind {kind} has no exercise: remove exercise="{exercise}"'
            )
        solved = learner = cell.source
        if kind is not Kind.PROSE:
            solved, learner = self._two_forms(cell.source, line, plain=kind in _PLAIN_PYTHON)
        return Cell(identifier, kind, line, solved, learner, exercise, why, metadata)

    def _identifier(self, identifier: str | None, line: int) -> str | None:
        if identifier is None:
            self._complain(line, 'the cell has no identifier: add cid="…" to the header')
            return None
        if not _IDENTIFIER.fullmatch(str(identifier)) or len(identifier) > _LONGEST_IDENTIFIER:
            shape = f"small letters, digits and hyphens, at most {_LONGEST_IDENTIFIER} characters"
            self._complain(line, f'cid="{identifier}" is no identifier: use {shape}')
            return None
        if identifier in self._seen:
            taken = f"is taken by the cell at line {self._seen[identifier]}"
            self._complain(line, f'cid="{identifier}" {taken}: choose another')
        self._seen.setdefault(identifier, line)
        return identifier

    def _kind(self, kind: Any, cell_type: str, line: int) -> Kind | None:
        if cell_type == "markdown":
            if kind in {None, Kind.PROSE}:
                return Kind.PROSE
            self._complain(line, f'a Markdown cell is always prose: remove kind="{kind}"')
        elif cell_type != "code":
            self._complain(line, f"a lesson has no {cell_type} cells: make it code or `[markdown]`")
        elif kind in _CODE_KINDS.split(", "):
            return Kind(kind)
        elif kind is None:
            self._complain(line, f'the code cell has no kind: add kind="…", one of {_CODE_KINDS}')
        else:
            self._complain(
                line, f'kind="{kind}" is no kind of code cell: choose one of {_CODE_KINDS}'
            )
        return None

    def _two_forms(self, source: str, header: int, *, plain: bool) -> tuple[str, str]:
        texts = source.split("\n")
        first = self._first_line(texts, header)
        forms = two_forms([Line(number, text) for number, text in enumerate(texts, first)])
        for problem in forms.problems:
            self._complain(problem.number, problem.text)
        if not forms.problems and self._compiles(forms.solved, header, "the cell", plain=plain):
            self._compiles(forms.learner, header, "the learner's version of the cell", plain=plain)
        return _join(forms.solved), _join(forms.learner)

    def _first_line(self, texts: list[str], header: int) -> int:
        """Where a cell's text begins: jupytext drops some of the empty lines below a header."""
        first = header + 1
        while first < len(self._lines) and not self._lines[first - 1].strip():
            first += 1
        return first - next((index for index, text in enumerate(texts) if text.strip()), 0)

    def _compiles(self, lines: tuple[Line, ...], header: int, what: str, *, plain: bool) -> bool:
        from IPython.core.inputtransformer2 import TransformerManager

        # IPython drops the empty lines at the top, and with them the count of lines.
        lines = tuple(dropwhile(lambda line: not line.text.strip(), lines))
        code = _join(lines) if plain else TransformerManager().transform_cell(_join(lines))
        try:
            compile(code, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except SyntaxError as error:
            at = min(error.lineno or 1, len(lines)) - 1
            line = lines[at].number if lines else header
            allowed = "; a set-up or check cell is plain Python" if plain else ""
            self._complain(line, f"{what} does not compile: {error.msg}{allowed}")
            return False
        return True

    def _complain(self, line: int, what: str) -> None:
        self.problems.append(f"{self._name}:{line}: {what}")


def _join(lines: tuple[Line, ...]) -> str:
    return "\n".join(line.text for line in lines).strip("\n")
