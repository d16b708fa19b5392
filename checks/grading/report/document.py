"""`report.json`: all that the report says, for programs; `report.schema.json` describes it.

The classes here are the description: `python -m checks.grading.report.document` writes the schema.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO

from pydantic import BaseModel, ConfigDict, Field

from checks.course import Course
from checks.grading.grade import Grade
from checks.grading.report.names import page_name
from checks.grading.status import Status
from checks.result import State

SCHEMA = Path(__file__).with_name("report.schema.json")

_Points = Annotated[float, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CriterionPart(_Part):
    """One line of a check."""

    text: str
    state: State
    observed: Annotated[str, Field(description="What was seen where it fails")]
    shares: Annotated[int, Field(ge=0, description="Its share of the exercise's points")]


class ExercisePart(_Part):
    """One exercise of a hand-in."""

    id: str
    title: str
    outcome: Literal[
        "solved", "not yet", "not attempted", "broken set-up", "not run", "not believed"
    ]
    points: _Points
    maximum: int
    reason: Annotated[str, Field(description="What the cell raised, where it raised something")]
    diagnosis: Annotated[
        str | None, Field(description="The claim that explains a wrong answer, by its name")
    ]
    criteria: list[CriterionPart]


class VotePart(_Part):
    """What the learner said of a claim: before the lesson told (predict), or at its end (quiz)."""

    claim: str
    asked: Literal["predict", "quiz"]
    vote: Literal["yes", "no"]


class HandInPart(_Part):
    """One hand-in; a learner has one for each notebook."""

    learner: str
    platform_id: Annotated[
        str, Field(description="The learner's number in a platform's export, empty where none")
    ]
    late: Annotated[bool, Field(description="Whether the platform marks the hand-in as late")]
    stage: Annotated[str, Field(description="The stage's id, or empty where nobody can tell")]
    file: Annotated[str, Field(description="The notebook's path below HANDINS")]
    status: Status
    reason: Annotated[str, Field(description="Why it has this status")]
    notes: Annotated[list[str], Field(description="What was repaired before it ran")]
    points: _Points
    maximum: int
    digest: Annotated[str, Field(description="SHA-256 of the notebook, empty where unread")]
    isolation: Annotated[str, Field(description="How the run was held back")]
    feedback: Annotated[str, Field(description="The learner's page, below the report's folder")]
    exercises: list[ExercisePart]
    votes: list[VotePart]


class Report(_Part):
    """The report of `course grade`: every hand-in, by learner, stage and file."""

    model_config = ConfigDict(extra="forbid", title="The report of a course")

    format: Annotated[Literal[1], Field(description="Grows when a program must be changed")]
    course: str
    version: Annotated[str, Field(description="The release of the course")]
    hand_ins: Annotated[list[HandInPart], Field(alias="hand-ins")]


class Document:
    """Writes a hand-in at a time; `end` makes it whole."""

    def __init__(self, file: TextIO, course: Course) -> None:
        self._file = file
        self._separator = "\n"
        head = {"format": 1, "course": course.title, "version": course.version}
        opened = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
        file.write(f'{opened},\n "hand-ins": [')

    def add(self, grade: Grade) -> None:
        self._file.write(
            self._separator + json.dumps(_as_part(grade), ensure_ascii=False, default=vars)
        )
        self._separator = ",\n"

    def end(self) -> None:
        self._file.write("\n]}\n")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the report."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Report.model_json_schema(by_alias=True),
    }


def schema_text() -> str:
    """What stands in `report.schema.json`."""
    return json.dumps(schema(), indent=2) + "\n"


def _as_part(grade: Grade) -> dict[str, Any]:
    known = {**vars(grade), "feedback": f"feedback/{page_name(grade.learner)}"}
    # The learner's answers are left out: code is read in the notebook, not here.
    return {name: known[name] for name in HandInPart.model_fields}


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
