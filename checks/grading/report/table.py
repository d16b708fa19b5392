"""`report.csv`: a row per hand-in, for a spreadsheet."""

from __future__ import annotations

import csv
import unicodedata
from typing import Any, TextIO

from checks.course import Course
from checks.grading.grade import Grade
from checks.grading.report.names import page_name

FIRST_COLUMNS = (
    "learner",
    "stage",
    "status",
    "points",
    "maximum",
    "reason",
    "notes",
    "file",
    "feedback",
)


class Table:
    """Writes a row per grade; a text that a spreadsheet might take for a formula begins with `'`."""

    def __init__(self, file: TextIO, course: Course) -> None:
        exercises = [entry.id for stage in course.stages for entry in stage.exercises]
        self._writer = csv.DictWriter(file, [*FIRST_COLUMNS, *exercises], restval="")
        self._writer.writeheader()

    def add(self, grade: Grade) -> None:
        row: dict[str, Any] = {
            "learner": grade.learner,
            "stage": grade.stage,
            "status": grade.status,
            "points": f"{grade.points:g}",
            "maximum": grade.maximum,
            "reason": grade.reason,
            "notes": "; ".join(grade.notes),
            "file": grade.file,
            "feedback": f"feedback/{page_name(grade.learner)}",
        }
        row |= {exercise.id: f"{exercise.points:g}" for exercise in grade.exercises}
        self._writer.writerow({name: harmless(value) for name, value in row.items()})


def harmless(value: Any) -> Any:
    """The value, with a `'` before a text that a spreadsheet might calculate.

    That is a text whose first character is one of `=`, `+`, `-`, `@` or their full-width forms, once
    white space, control characters and quotes before it are passed over.
    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if not isinstance(value, str):
        return value
    if value.startswith(("\t", "\r", "\n")):
        return f"'{value}"
    for character in value:
        plain = unicodedata.normalize("NFKC", character)
        if plain.isspace() or plain in "\"'`" or unicodedata.category(character)[0] in "CZ":
            continue
        return f"'{value}" if plain[0] in "=+-@−" else value
    return value
