"""The report of a grading: `report.csv` for a spreadsheet, `report.json` for programs.

The same grades give the same bytes: no times, no paths of this machine.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from checks.course import Course
from checks.grading.grade import Grade
from checks.grading.status import GradingError

_FIRST_COLUMNS = ("learner", "stage", "status", "reason", "points", "maximum")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def prepare_report(report: Path, hand_ins: Path) -> None:
    """Make the folder of the report; raises GradingError where the report cannot lie there."""
    if report.resolve().is_relative_to(hand_ins.resolve()):
        raise GradingError(f"--out: {report} lies inside the hand-ins; name a folder elsewhere")
    if report.exists() and not report.is_dir():
        raise GradingError(f"--out: {report} is a file; name a folder for the report")
    try:
        report.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=report):
            pass
    except OSError as error:
        raise GradingError(f"--out: {report} cannot be written: {error.strerror}") from None


def write_report(report: Path, course: Course, grades: Sequence[Grade]) -> tuple[Path, Path]:
    """Write both files into the folder `report`, each wholly or not at all.

    Returns their paths. Raises GradingError where they cannot be written.
    """
    contents = {
        report / "report.csv": as_csv(course, grades),
        report / "report.json": as_json(course, grades),
    }
    for path, text in contents.items():
        try:
            _replace(path, text)
        except OSError as error:
            raise GradingError(f"--out: {path} cannot be written: {error.strerror}") from None
    table, whole = contents
    return table, whole


def as_csv(course: Course, grades: Sequence[Grade]) -> str:
    """One row per hand-in; a text that a spreadsheet would take for a formula begins with `'`."""
    exercises = [entry.id for stage in course.stages for entry in stage.exercises]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_FIRST_COLUMNS, *exercises], restval="")
    writer.writeheader()
    for grade in grades:
        row = {name: getattr(grade, name) for name in ("learner", "stage", "status", "reason")}
        row |= {"points": f"{grade.points:g}", "maximum": grade.maximum}
        row |= {exercise.id: f"{exercise.points:g}" for exercise in grade.exercises}
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return text.getvalue()


def as_json(course: Course, grades: Sequence[Grade]) -> str:
    """Everything that is known of every hand-in."""
    whole = {
        "course": course.title,
        "version": course.version,
        "hand-ins": [asdict(grade) for grade in grades],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        # mkstemp keeps the file to its owner; a report may be read like any other file.
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
