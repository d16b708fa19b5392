"""The manifest of the course: `course.yml`, read and validated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

ROOT = Path(__file__).resolve().parent.parent

# Both make the same of a file; the one in C, where PyYAML was built with it, in a tenth of the time.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]


class CourseError(Exception):
    """The manifest, or a file it names, is not as it should be; the message is one line."""

    exit_code = 2


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExerciseEntry(_Entry):
    """One exercise as the manifest has it; `points` is what a whole solution is worth."""

    id: Identifier
    title: Text
    points: Annotated[int, Field(gt=0)]


class StageEntry(_Entry):
    """One stage as the manifest has it; `minutes` is the time a learner needs."""

    id: Identifier
    number: Annotated[int, Field(gt=0)]
    title: Text
    question: Text
    written: bool = True
    minutes: Annotated[int, Field(gt=0)]
    builds_on: tuple[Identifier, ...]
    goals: tuple[Text, ...]
    exercises: tuple[ExerciseEntry, ...]
    predictions: tuple[Identifier, ...]
    quiz: tuple[Identifier, ...]

    @property
    def stem(self) -> str:
        """The name that all files of the stage share, such as `01_fastapi_basics`."""
        return f"{self.number:02}_{self.id}"

    @property
    def points(self) -> int:
        """What a whole solution of every exercise of the stage is worth."""
        return sum(exercise.points for exercise in self.exercises)

    def exercise(self, name: str) -> ExerciseEntry:
        """The entry of the exercise `name`; raises CourseError where there is none."""
        for exercise in self.exercises:
            if exercise.id == name:
                return exercise
        raise CourseError(f"course.yml: stage {self.id} has no exercise named {name!r}")


class Course(_Entry):
    """The whole manifest; `stages` holds the stages that are written, in their order."""

    title: Text
    version: Text
    stages: tuple[StageEntry, ...]
    planned: tuple[StageEntry, ...] = ()

    @field_validator("planned")
    @classmethod
    def _never_in_the_file(cls, planned: tuple[StageEntry, ...]) -> tuple[StageEntry, ...]:
        if planned:
            raise ValueError("mark a stage with `written: false` instead")
        return planned

    def stage(self, name: str | int) -> StageEntry:
        """The written stage with this id, stem or number; raises CourseError where there is none."""
        for stage in self.stages:
            if str(name) in {stage.id, stage.stem, str(stage.number), f"{stage.number:02}"}:
                return stage
        known = ", ".join(stage.id for stage in self.stages)
        raise CourseError(f"there is no stage {name!r}; the stages are {known}")


def read_course(root: Path = ROOT, *, notebooks_exist: bool = True) -> Course:
    """Read `course.yml` in the folder `root`.

    Takes the folder and whether every stage must already have its generated notebook
    (`course build` is the one caller that says no). Returns the course with the written stages
    in `stages` and the others in `planned`. Raises CourseError with one line that names file and key.
    """
    path = root / "course.yml"
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506, a safe one
    except OSError as error:
        raise CourseError(f"course.yml: cannot be read in {root.name}/: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CourseError(f"course.yml: is not YAML: {_first_line(error)}") from None
    if not isinstance(raw, dict):
        raise CourseError("course.yml: is not a mapping of title, version and stages")
    try:
        whole = Course.model_validate(raw)
    except ValidationError as error:
        raise CourseError(f"course.yml: {_describe(error)}") from None
    for complaint in _inconsistencies(whole):
        raise CourseError(f"course.yml: {complaint}")
    course = whole.model_copy(
        update={
            "stages": tuple(stage for stage in whole.stages if stage.written),
            "planned": tuple(stage for stage in whole.stages if not stage.written),
        }
    )
    for stage in course.stages:
        _require(
            root / "solutions" / f"{stage.stem}.py",
            stage,
            "write it, or mark the stage with `written: false`",
        )
        if notebooks_exist:
            _require(root / "notebooks" / f"{stage.stem}.ipynb", stage, "run `course build`")
    return course


@cache
def the_course() -> Course:
    """The course that this package belongs to, read once."""
    return read_course(notebooks_exist=False)


def _require(path: Path, stage: StageEntry, mend: str) -> None:
    if not path.is_file():
        where = f"{path.parent.name}/{path.name}"
        raise CourseError(f"course.yml: stage {stage.id}: {where} does not exist; {mend}")


def _inconsistencies(course: Course) -> Iterator[str]:
    yield from _doubled("stages: id", [stage.id for stage in course.stages])
    yield from _doubled("stages: number", [stage.number for stage in course.stages])
    yield from _doubled(
        "exercises: id", [exercise.id for stage in course.stages for exercise in stage.exercises]
    )
    known: set[str] = set()
    for stage in course.stages:
        for key in ("predictions", "quiz"):
            yield from _doubled(f"stage {stage.id}: {key}: claim", getattr(stage, key))
        for name in stage.builds_on:
            if name not in known:
                yield f"stage {stage.id}: builds_on: no earlier stage is named {name!r}"
        known.add(stage.id)


def _doubled(what: str, values: Any) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{what} {value!r} stands there {count} times"


def _describe(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "(top)"
    message = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(
        first["type"], first["msg"]
    )
    return f"{key}: {message}"


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
