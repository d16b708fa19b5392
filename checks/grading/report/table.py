"""`report.csv`: a row per hand-in, for a spreadsheet."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Collection
from typing import Any, TextIO

from checks.course import Course
from checks.grading.grade import Grade
from checks.grading.report.names import page_name
from checks.grading.report.pages import visible

FIRST_COLUMNS = (
    "learner",
    "platform_id",
    "late",
    "stage",
    "file",
    "status",
    "points",
    "maximum",
    "reason",
    "notes",
    "feedback",
)


class Table:
    """Writes a row per grade; a text that a spreadsheet might take for a formula begins with `'`.

    Takes the file, the course, and the ids of the stages whose exercises have a column each.
    """

    def __init__(self, file: TextIO, course: Course, stages: Collection[str]) -> None:
        exercises = [
            entry.id for stage in course.stages if stage.id in stages for entry in stage.exercises
        ]
        # Spreadsheets split at semicolons, too, wherever a cell is not quoted.
        self._writer = csv.DictWriter(
            file, [*FIRST_COLUMNS, *exercises], restval="", quoting=csv.QUOTE_ALL
        )
        self._writer.writeheader()

    def add(self, grade: Grade) -> None:
        row: dict[str, Any] = {
            "learner": grade.learner,
            "platform_id": grade.platform_id,
            "late": "late" if grade.late else "",
            "stage": grade.stage,
            "file": grade.file,
            "status": grade.status,
            "points": f"{grade.points:g}",
            "maximum": grade.maximum,
            "reason": grade.reasons,
            "notes": "; ".join(grade.notes),
            "feedback": f"feedback/{page_name(grade.learner)}",
        }
        row |= {exercise.id: f"{exercise.points:g}" for exercise in grade.exercises}
        self._writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    return visible(harmless(value)) if isinstance(value, str) else value


def harmless(text: str) -> str:
    """The text, with a `'` before it where a spreadsheet might calculate it.

    That is a text whose first character is one of `=`, `+`, `-`, `@` or their full-width forms, once
    white space, control characters and quotes before it are passed over.
    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if text.startswith(("\t", "\r", "\n")):
        return f"'{text}"
    for character in text:
        plain = unicodedata.normalize("NFKC", character)
        if plain.isspace() or plain in "\"'`" or unicodedata.category(character)[0] in "CZ":
            continue
        return f"'{text}" if plain[0] in "=+-@−" else text
    return text
