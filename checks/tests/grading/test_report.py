"""The report is the same for the same grades, and does a spreadsheet no harm."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from checks.course import Course
from checks.exercise import CriterionResult, Outcome, State
from checks.grading.grade import ExerciseGrade, Grade
from checks.grading.notebook import Vote
from checks.grading.report import as_csv, as_json, prepare_report, write_report
from checks.grading.status import GradingError, Status

GRADED = Grade(
    learner="learner-1",
    stage="soup",
    status=Status.GRADED,
    points=2.5,
    maximum=9,
    file="learner-1/a.ipynb",
    exercises=(
        ExerciseGrade(
            "double",
            "Double it",
            Outcome.NOT_YET,
            2.5,
            4,
            diagnosis="text_cannot_double",
            criteria=(CriterionResult("it doubles 2", State.FAILS, "5"),),
        ),
    ),
    votes=(Vote("soup_is_hot", "quiz", "no"),),
)


def rows(course: Course, *grades: Grade) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(course, grades))))


def test_a_row_of_the_table_has_a_column_per_exercise(course: Course) -> None:
    missing = Grade("learner-2", "", Status.MISSING, "the folder has no notebook")
    first, second = rows(course, GRADED, missing)
    assert first == {
        "learner": "learner-1",
        "stage": "soup",
        "status": "graded",
        "reason": "",
        "points": "2.5",
        "maximum": "9",
        "double": "2.5",
        "greet": "",
        "total": "",
    }
    assert (second["status"], second["points"], second["double"]) == ("missing", "0", "")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx"])
def test_a_formula_is_made_harmless(name: str, course: Course) -> None:
    [row] = rows(course, Grade(name, "", Status.MISSING, f"{name} is missing"))
    assert row["learner"] == f"'{name}"
    assert row["reason"].startswith("'")


def test_a_name_may_hold_commas_quotes_and_lines(course: Course) -> None:
    [row] = rows(course, Grade('a,"b"\nc', "", Status.MISSING))
    assert row["learner"] == 'a,"b"\nc'


def test_the_object_says_everything(course: Course) -> None:
    whole = json.loads(as_json(course, [GRADED]))
    assert (whole["course"], whole["version"]) == ("Soup", "1")
    [hand_in] = whole["hand-ins"]
    [exercise] = hand_in["exercises"]
    assert (hand_in["learner"], hand_in["status"], hand_in["file"]) == (
        "learner-1",
        "graded",
        "learner-1/a.ipynb",
    )
    assert (exercise["outcome"], exercise["diagnosis"]) == ("not yet", "text_cannot_double")
    assert exercise["criteria"][0]["observed"] == "5"
    assert hand_in["votes"] == [{"claim": "soup_is_hot", "asked": "quiz", "vote": "no"}]


def test_it_is_written_whole_and_nothing_else_stays(course: Course, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("old")
    for path in write_report(tmp_path, course, [GRADED]):
        assert path.stat().st_size > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.csv", "report.json"]
    assert (tmp_path / "report.csv").read_bytes() == as_csv(course, [GRADED]).encode()


def test_a_place_that_cannot_be_is_one_clear_line(hand_ins: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place, reason in {
        hand_ins: "lies inside the hand-ins",
        hand_ins / "report": "lies inside the hand-ins",
        tmp_path / "file": "is a file",
        tmp_path / "file" / "report": "cannot be written",
    }.items():
        with pytest.raises(GradingError, match=reason):
            prepare_report(place, hand_ins)
