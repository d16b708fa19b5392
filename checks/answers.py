"""The answer corpus: right and wrong answers to every exercise, each wrong one with its belief.

A file `checks/stages/STAGE/answers/EXERCISE.py` in percent format holds them, one cell each:

    # %% right="a path parameter"
    # %% wrong="the name is read from the query" claim="parameters_come_from_the_query"

A slip that no belief explains says `claim=""`: the check then names none.

A cell is what a learner would write into the exercise cell; what the set-up gives is at hand. Each
stage marks some wrong answers that are quick to check with `canary=true`: the grader runs one of them
after a hand-in, to see whether the checks still work. `course build` lays these beside the others, in
`canaries.json`, because reading percent format takes longer than grading a hand-in.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import linecache
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from checks import lesson
from checks.check import observing
from checks.claim import Claim
from checks.course import ROOT, CourseError, StageEntry
from checks.imports import skip_grammars
from checks.result import CheckResult


@dataclass(frozen=True)
class Answer:
    """One answer; `claim` is the belief that a check must name, "" for a slip, None if it is right."""

    exercise: str
    about: str
    code: str
    claim: str | None
    canary: bool = False

    @property
    def right(self) -> bool:
        return self.claim is None


def read_answers(stage: StageEntry, exercise: str, root: Path = ROOT) -> tuple[Answer, ...]:
    """The answers to an exercise, in the file's order.

    Raises CourseError where the file is missing, or a cell says neither `right` nor `wrong` and `claim`.
    """
    skip_grammars()
    import jupytext

    path = root / "checks" / "stages" / stage.id / "answers" / f"{exercise}.py"
    where = path.relative_to(root).as_posix()
    if not path.is_file():
        raise CourseError(f"{where} does not exist: exercise {exercise} has no answers")
    answers = []
    for cell in jupytext.read(path).cells:
        match {
            key: cell.metadata[key]
            for key in ("right", "wrong", "claim", "canary")
            if key in cell.metadata
        }:
            case {"right": about, **rest} if not rest:
                answers.append(Answer(exercise, about, cell.source, None))
            case {"wrong": about, "claim": claim, **rest} if not rest.keys() - {"canary"}:
                canary = rest.get("canary") is True
                answers.append(Answer(exercise, about, cell.source, claim, canary))
            case _:
                first = cell.source.splitlines()[0] if cell.source else "(empty)"
                raise CourseError(
                    f'{where}: the answer "{first}" needs right="…", or wrong="…" and claim="…"'
                )
    return tuple(answers)


def canaries_path(root: Path, stage: StageEntry) -> Path:
    """Where the canaries of a stage lie in the course at `root`."""
    return root / "checks" / "stages" / stage.id / "answers" / "canaries.json"


def canaries_text(stage: StageEntry, root: Path = ROOT) -> str | None:
    """What belongs into the file of the canaries: the code of each, by exercise.

    None where the stage has no answers. Raises CourseError where they are not as they should be.
    """
    folder = canaries_path(root, stage).parent
    if not folder.is_dir():
        return None
    canaries: dict[str, list[str]] = {}
    for exercise in stage.exercises:
        if (folder / f"{exercise.id}.py").is_file():  # that one is missing is for `course lint`
            for answer in read_answers(stage, exercise.id, root):
                if answer.canary:
                    canaries.setdefault(exercise.id, []).append(answer.code)
    return json.dumps(canaries, indent=1, ensure_ascii=False) + "\n"


def check_answer(stage: StageEntry, exercise: str, code: str) -> CheckResult:
    """What the check says of `code` in the exercise's cell.

    Runs the set-up cells above it, the code, and the check cell, as a notebook would (top-level
    `await` included). Raises what the code raises outside of the check, and CourseError where the
    check cell checks nothing.
    """
    results: list[CheckResult] = []
    setup, check = lesson.cells_of(stage, exercise)
    with observing(results.append):
        asyncio.run(run_cells([*setup, code, check], exercise))
    if not results:
        raise CourseError(f"the check cell of {exercise} checks nothing")
    return results[-1]


async def run_cells(sources: Iterable[str], name: str) -> None:
    """Run the code of some cells, one after the other, in a namespace of their own.

    Takes the course's own code, and a name that tracebacks show. Raises what the code raises.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for number, source in enumerate(sources):
        filename = f"<{name}, cell {number}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        compiled = compile(
            source, filename, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
        awaitable = eval(compiled, namespace)  # noqa: S307, the course's own code
        if inspect.isawaitable(awaitable):
            await awaitable


def blank_code(stage: StageEntry, exercise: str) -> str:
    """The code that a learner finds in the cell of an exercise.

    Raises CourseError where the solved notebook does not have it.
    """
    code = lesson.blank(stage, exercise)
    if code is None:
        raise CourseError(f"solutions/{stage.stem}.ipynb has no blank for {exercise}")
    return code


def claims_of(stage: StageEntry) -> dict[str, Claim]:
    """The claims of a stage's room by name: those of the quiz, the predictions and the checks."""
    module = import_module(f"checks.stages.{stage.id}.claims")
    return {value.name: value for value in vars(module).values() if isinstance(value, Claim)}
