"""The two forms of a code cell: solved, and with blanks where the learner's answer goes."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_BEGIN = re.compile(r"(?P<indent>\s*)#+ *BEGIN SOLUTION *(?:: *(?P<instead>\S.*?))? *")
_END = re.compile(r"\s*#+ *END SOLUTION *")
_ONE_LINE = re.compile(r"(?P<indent>\s*)(?P<statement>[^#\s].*?) *# *SOLUTION *")
_ALMOST = re.compile(r"#.*\b(?i:BEGIN|END) +(?i:SOLUTION)\b|# *SOLUTION\b")

_NESTED = "BEGIN SOLUTION inside the one of line"
_STRAY = "END SOLUTION without a BEGIN SOLUTION above it: add that, or remove this line"
_UNCLOSED = "BEGIN SOLUTION is never closed: add `# END SOLUTION`"
_PART = (
    "`# SOLUTION` stands on a line that is no whole statement: "
    "use `# BEGIN SOLUTION` and `# END SOLUTION` around it"
)
_UNKNOWN = (
    "this mark is not understood: write `# BEGIN SOLUTION` or `# END SOLUTION` on a line of its own, "
    "or `# SOLUTION` at the end of a statement"
)


@dataclass(frozen=True)
class Line:
    """A line of text and its number in the source file."""

    number: int
    text: str


@dataclass(frozen=True)
class Forms:
    """A code cell as the solved and as the learner's notebook has it.

    `problems` says of which lines the marks are wrong, and how to mend them.
    """

    solved: tuple[Line, ...]
    learner: tuple[Line, ...]
    problems: tuple[Line, ...]


def two_forms(lines: list[Line]) -> Forms:
    """Make both forms of a cell out of its lines.

    Lines from `# BEGIN SOLUTION` to `# END SOLUTION` become one line `...`, or what stands behind
    `# BEGIN SOLUTION:`. A statement that ends in `# SOLUTION` keeps only its left side.
    """
    solved: list[Line] = []
    learner: list[Line] = []
    problems: list[Line] = []
    begun: Line | None = None
    for line in lines:
        if begin := _BEGIN.fullmatch(line.text):
            if begun is not None:
                problems.append(Line(line.number, f"{_NESTED} {begun.number}: end that one first"))
                continue
            begun = line
            learner.append(Line(line.number, begin["indent"] + (begin["instead"] or "...")))
        elif _END.fullmatch(line.text):
            if begun is None:
                problems.append(Line(line.number, _STRAY))
            begun = None
        elif one := _ONE_LINE.fullmatch(line.text):
            solved.append(Line(line.number, one["indent"] + one["statement"]))
            blank = _blank(one["statement"])
            if blank is None:
                problems.append(Line(line.number, _PART))
            elif begun is None:
                learner.append(Line(line.number, one["indent"] + blank))
        elif _ALMOST.search(line.text):
            problems.append(Line(line.number, _UNKNOWN))
        else:
            solved.append(line)
            if begun is None:
                learner.append(line)
    if begun is not None:
        problems.append(Line(begun.number, _UNCLOSED))
    return Forms(tuple(solved), tuple(learner), tuple(problems))


def _blank(statement: str) -> str | None:
    """The statement with `...` for its value, or None where it is not one whole statement."""
    try:
        [node] = ast.parse(statement).body
    except (SyntaxError, ValueError):
        return None
    match node:
        case ast.Assign(targets=targets):
            names = [ast.get_source_segment(statement, target) or "" for target in targets]
            return " = ".join([*names, "..."])
        case ast.AnnAssign(target=target, annotation=annotation):
            name = ast.get_source_segment(statement, target)
            return f"{name}: {ast.get_source_segment(statement, annotation)} = ..."
        case ast.Return():
            return "return ..."
    return "..."
