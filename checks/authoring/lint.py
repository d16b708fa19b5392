"""The rules that every lesson keeps; what breaks one is said in a line with the way to mend it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.answers import read_answers
from checks.authoring.material import Material, Room, read_material
from checks.authoring.source import IGNORE_OUTPUT, Cell, Kind
from checks.course import CourseError
from checks.display import WIDGET_MIME

if TYPE_CHECKING:
    from pathlib import Path

    from checks.course import Course, StageEntry

Rule = Callable[[Material], Iterator[str]]

MERMAID = "text/vnd.mermaid"
FEWEST_HINTS, FEWEST_RIGHT, FEWEST_WRONG = 2, 2, 3
LONGEST_CODE = 40
"""Lines of a cell that a learner reads: examples and demos."""


@dataclass(frozen=True)
class Budget:
    """How much of something a lesson may have, both ends included; `last` is for the last stage."""

    of: str
    measure: Callable[[Material], int]
    usual: tuple[int, int]
    last: tuple[int, int]
    where: str

    def allows(self, stage: StageEntry) -> tuple[int, int]:
        return self.last if stage.number == LAST_STAGE else self.usual


_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_MERMAID_BLOCK = re.compile(r"^```mermaid\n(.*?)^```", re.MULTILINE | re.DOTALL)


def words(material: Material) -> int:
    """How many words of prose a lesson has; code and diagrams in it do not count."""
    prose = (_FENCED.sub("", cell.solved) for cell in material.source.of_kind(Kind.PROSE))
    return sum(any(map(str.isalnum, word)) for text in prose for word in text.split())


LAST_STAGE = 7
BUDGETS = (
    Budget("words of prose", words, (900, 1_500), (900, 2_000), "source"),
    Budget("cells", lambda m: len(m.source.cells), (25, 45), (25, 60), "source"),
    Budget("minutes", lambda m: m.stage.minutes, (45, 60), (75, 90), "manifest"),
    Budget("exercises", lambda m: len(m.stage.exercises), (5, 7), (8, 8), "manifest"),
    Budget("predictions", lambda m: len(m.stage.predictions), (3, 4), (3, 4), "manifest"),
    Budget("myths in the quiz", lambda m: len(m.stage.quiz), (4, 6), (4, 6), "manifest"),
)

UNSTABLE = {
    "an absolute path": re.compile(
        r"(?<![\w.])/(?:builds?|etc|home|mnt|opt|private|root|srv|tmp|usr|Users|var|work)/"
        r"|\b[A-Z]:\\+(?:Program|Temp|Users|Windows)|site-packages"
    ),
    "a hex address": re.compile(r"\b0x[0-9A-Fa-f]+\b"),
    "a thread": re.compile(
        r"\bThread-\d+|ThreadPoolExecutor-\d+|AnyIO worker thread|thread id \d+|\b1[34]\d{13}\b"
    ),
    "a timing": re.compile(r"\[(?:generated in|cached since) \d"),
    "a library's version": re.compile(r"sqlalche\.me/e/\d+|errors\.pydantic\.dev/\d+"),
}
"""What differs from machine to machine or from run to run, by its name."""


def exercises_are_whole(material: Material) -> Iterator[str]:
    """Each exercise has a task, then one exercise cell, then one check cell."""
    for entry in material.stage.exercises:
        cells = [cell for cell in material.source.cells if cell.exercise == entry.id]
        kinds = [cell.kind for cell in cells]
        for kind in (Kind.EXERCISE, Kind.CHECK):
            if (count := kinds.count(kind)) != 1:
                yield (
                    f"{material.source.name}: exercise {entry.id} has {count} cells of kind {kind}: "
                    "leave exactly one"
                )
        if Kind.PROSE not in kinds:
            yield (
                f"{material.source.name}: exercise {entry.id} has no task: "
                f'give a `[markdown]` cell exercise="{entry.id}"'
            )
        first = list(dict.fromkeys(kinds))
        wanted = [kind for kind in (Kind.PROSE, Kind.EXERCISE, Kind.CHECK) if kind in first]
        if first != wanted:
            yield (
                f"{material.source.name}: exercise {entry.id} has its cells in the order "
                f"{', '.join(first)}: make it {', '.join(wanted)}"
            )


def exercises_are_blank(material: Material) -> Iterator[str]:
    """No exercise cell shows its solution to the learner."""
    for cell in material.source.of_kind(Kind.EXERCISE):
        if cell.solved == cell.learner:
            yield f"{_at(material, cell)}: shows the whole solution: mark it with `# BEGIN SOLUTION`"


def exercises_are_known(material: Material) -> Iterator[str]:
    """No cell names an exercise that course.yml does not have."""
    known = {entry.id for entry in material.stage.exercises}
    for cell in material.source.cells:
        if cell.exercise and cell.exercise not in known:
            known.add(cell.exercise)  # said once
            yield (
                f"{_at(material, cell)}: course.yml has no exercise {cell.exercise} in stage "
                f"{material.stage.id}: add it there, or rename it here"
            )


def checks_are_called(material: Material) -> Iterator[str]:
    """Each check cell calls the check of its exercise."""
    for cell in material.source.of_kind(Kind.CHECK):
        if f"check.{cell.exercise}(" not in cell.solved:
            yield f"{_at(material, cell)}: does not check its exercise: call check.{cell.exercise}(…)"


def exercises_have_hints(material: Material) -> Iterator[str]:
    """Each exercise has its check, and hints enough."""
    where = f"checks/stages/{material.stage.id}/exercises.py"
    for entry in material.stage.exercises:
        exercise = material.room.exercises.get(entry.id)
        if exercise is None:
            yield f"{where}: exercise {entry.id} of course.yml is missing: write its check"
        elif len(exercise.hints) < FEWEST_HINTS:
            yield (
                f"{where}: exercise {entry.id} has {_count(len(exercise.hints), 'hint')}: "
                f"write at least {FEWEST_HINTS}"
            )


def exercises_have_answers(material: Material) -> Iterator[str]:
    """Each exercise has right and wrong answers enough, and each claim they name is there."""
    for entry in material.stage.exercises:
        where = f"checks/stages/{material.stage.id}/answers/{entry.id}.py"
        try:
            answers = read_answers(material.stage, entry.id, material.root)
        except CourseError as error:
            yield f"{error}: write {FEWEST_RIGHT} right and {FEWEST_WRONG} wrong ones"
            continue
        right = sum(answer.right for answer in answers)
        for kind, count, fewest in (
            ("right", right, FEWEST_RIGHT),
            ("wrong", len(answers) - right, FEWEST_WRONG),
        ):
            if count < fewest:
                yield f"{where}: has {_count(count, f'{kind} answer')}: write at least {fewest}"
        for answer in answers:
            if answer.claim and answer.claim not in material.room.claims:
                yield (
                    f'{where}: the wrong answer "{answer.about}" names the claim {answer.claim}, '
                    "which the stage does not have: write the claim, or name another"
                )


def claims_are_whole(material: Material) -> Iterator[str]:
    """Each claim that is asked has a sentence, a why and an experiment."""
    where = f"checks/stages/{material.stage.id}/claims.py"
    for name in dict.fromkeys((*material.stage.predictions, *material.stage.quiz)):
        claim = material.room.claims.get(name)
        if claim is None:
            yield f"{where}: claim {name} of course.yml is missing: write it"
            continue
        for part, given in (
            ("sentence", claim.sentence.strip()),
            ("why", claim.why.strip()),
            ("experiment", callable(claim.experiment)),
        ):
            if not given:
                yield f"{where}: claim {name} has no {part}: write one"


def predictions_are_asked(material: Material) -> Iterator[str]:
    """Each prediction of course.yml has its cell."""
    cells = material.source.of_kind(Kind.PREDICT)
    for name in material.stage.predictions:
        if not any(f"predict.{name}(" in cell.solved for cell in cells):
            yield (
                f"{material.source.name}: prediction {name} is never asked: "
                f"add a cell of kind predict that calls predict.{name}()"
            )


def quiz_is_held_once(material: Material) -> Iterator[str]:
    """There is exactly one quiz cell."""
    if (count := len(material.source.of_kind(Kind.QUIZ))) != 1:
        yield f"{material.source.name}: has {_count(count, 'cell')} of kind quiz: leave exactly one"


def budgets_are_kept(material: Material) -> Iterator[str]:
    """The lesson is neither too long nor too short."""
    for budget in BUDGETS:
        least, most = budget.allows(material.stage)
        count = budget.measure(material)
        if not least <= count <= most:
            where = material.source.name
            if budget.where == "manifest":
                where = f"course.yml: stage {material.stage.id}"
            demand = f"exactly {least}" if least == most else f"{least:,} to {most:,}"
            yield f"{where}: {budget.of}: {count:,}: make it {demand}"


def code_is_short(material: Material) -> Iterator[str]:
    """A cell of code to be read fits on a screen."""
    for cell in material.source.of_kind(Kind.EXAMPLE, Kind.DEMO):
        if (count := len(cell.solved.split("\n"))) > LONGEST_CODE:
            yield f"{_at(material, cell)}: has {count} lines of code: split it, {LONGEST_CODE} at most"


def pictures_are_there(material: Material) -> Iterator[str]:
    """There is at least one picture, and each says in words what it shows."""
    pictures = [
        (_at(material, cell), picture)
        for cell in material.source.of_kind(Kind.PROSE)
        for picture in _MERMAID_BLOCK.findall(cell.solved)
    ]
    pictures += [
        (f"{material.solved.name}: cell {cell}", _text(output["data"][MERMAID]))
        for cell, output in material.solved.outputs
        if MERMAID in output.get("data", {})
    ]
    if not pictures:
        yield f"{material.source.name}: has no picture: draw one in a ```mermaid block"
    for where, picture in pictures:
        for part in ("accTitle", "accDescr"):
            if not re.search(rf"^\s*{part}\s*[:{{]", picture, re.MULTILINE):
                yield f"{where}: the diagram has no {part}: add one for those who cannot see it"


def outputs_are_stable(material: Material) -> Iterator[str]:
    """No stored output has anything in it that differs elsewhere or tomorrow."""
    for notebook in (material.learner, material.solved):
        for cell, output in notebook.outputs:
            where = f"{notebook.name}: cell {cell}"
            if output.get("name") == "stderr":
                yield f"{where}: writes to stderr: mend what it warns of"
            if WIDGET_MIME in output.get("data", {}):
                yield f"{where}: stores the view of a widget, run: course build"
            for what, pattern in UNSTABLE.items():
                if found := pattern.search("\n".join(_texts(output))):
                    yield f"{where}: shows {what} ({found[0]}): mask it, or do not print it"


def everything_was_run(material: Material) -> Iterator[str]:
    """Each code cell of the solved notebook was run, or nbval would not compare its output."""
    for cell in material.solved.code_cells:
        if cell.get("execution_count") is None:
            yield f"{material.solved.name}: cell {cell.get('id')}: was never run, run: course build"


def identifiers_are_unique(material: Material) -> Iterator[str]:
    """No two cells of a notebook have the same id."""
    for notebook in (material.learner, material.solved):
        for identifier, count in Counter(cell.get("id") for cell in notebook.cells).items():
            if count > 1:
                yield f"{notebook.name}: {count} cells have the id {identifier}, run: course build"


def ignored_outputs_have_a_reason(material: Material) -> Iterator[str]:
    """Each cell whose output nbval ignores says why."""
    for notebook in (material.learner, material.solved):
        for cell in notebook.code_cells:
            about = cell["metadata"]
            if IGNORE_OUTPUT in about.get("tags", []) and not about.get("course", {}).get("why"):
                yield (
                    f"{notebook.name}: cell {cell['id']}: is tagged {IGNORE_OUTPUT} without a reason: "
                    f'add why="…" in {material.source.name}'
                )


RULES: tuple[Rule, ...] = (
    exercises_are_whole,
    exercises_are_blank,
    exercises_are_known,
    checks_are_called,
    exercises_have_hints,
    exercises_have_answers,
    claims_are_whole,
    predictions_are_asked,
    quiz_is_held_once,
    budgets_are_kept,
    code_is_short,
    pictures_are_there,
    outputs_are_stable,
    everything_was_run,
    identifiers_are_unique,
    ignored_outputs_have_a_reason,
)


_FOLDERS = ("notebooks", "solutions")


def unknown_files(root: Path, course: Course) -> Iterator[str]:
    """Each file in `notebooks/` and `solutions/` belongs to a stage."""
    known = {f"{folder}/{stage.stem}.ipynb" for stage in course.stages for folder in _FOLDERS}
    # A planned stage may have its source begun.
    known |= {f"solutions/{stage.stem}.py" for stage in (*course.stages, *course.planned)}
    for folder in _FOLDERS:
        for path in sorted((root / folder).glob("*")):
            name = path.relative_to(root).as_posix()
            if name not in known and not path.name.startswith((".", "__")):
                yield f"{name}: belongs to no stage of course.yml: remove it, or move it elsewhere"


@dataclass(frozen=True)
class Report:
    """What `lint` found: the problems, one line each, and how much it looked at."""

    problems: tuple[str, ...]
    counts: dict[str, int]


def lint(root: Path, course: Course, rooms: dict[str, Room] | None = None) -> Report:
    """Hold every written stage of the course at `root` against the rules.

    Takes the exercises and claims by stage where they are not those of `checks.stages`. Returns all
    problems; a stage whose files cannot be read is reported as such, and its rules are left out.
    """
    problems = list(unknown_files(root, course))
    counts: Counter[str] = Counter(stages=len(course.stages))
    for stage in course.stages:
        try:
            material = read_material(root, stage, (rooms or {}).get(stage.id))
        except CourseError as error:
            problems += str(error).split("\n")
            continue
        problems += [problem for rule in RULES for problem in rule(material)]
        counts += Counter(
            {
                "exercises": len(stage.exercises),
                "claims": len(material.room.claims),
                "cells": len(material.source.cells),
                "words of prose": words(material),
            }
        )
    return Report(tuple(problems), dict(counts))


def _at(material: Material, cell: Cell) -> str:
    return f"{material.source.name}:{cell.line}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _text(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _texts(output: dict[str, Any]) -> Iterator[str]:
    """All that a stored output shows in words; pictures in base64 are none."""
    yield _text(output.get("text", ""))
    yield output.get("evalue", "")
    for mime, data in output.get("data", {}).items():
        if isinstance(data, str | list) and not mime.startswith("image/"):
            yield _text(data)
