"""`course grade` on the first stage: every hand-in has a row and a reason, whatever became of it."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from checks.cli import app
from checks.course import ROOT, the_course
from checks.grading.gradebook.gradebook import FILE
from checks.grading.sandbox import View, probe

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="grading needs Linux or macOS")

STAGE = the_course().stage("fastapi_basics")
FIRST = STAGE.exercises[0]


def grade(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["grade", *map(str, arguments)])


def lesson(folder: str) -> dict[str, Any]:
    path = ROOT / folder / f"{STAGE.stem}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


def answered(exercises: set[str], answer: str | None = None) -> dict[str, Any]:
    """The blank lesson in which these exercises are solved, or hold the `answer`."""
    solved = {cell["id"]: cell["source"] for cell in lesson("solutions")["cells"]}
    blank = lesson("notebooks")
    for cell in blank["cells"]:
        about = cell["metadata"]["course"]
        if about["kind"] == "exercise" and about["exercise"] in exercises:
            cell["source"] = answer or solved[cell["id"]]
    return blank


def test_five_hand_ins_make_five_rows(hand_ins: Path, tmp_path: Path) -> None:
    half = {exercise.id for exercise in STAGE.exercises[:3]}
    for learner, notebook in {
        "learner-1": lesson("solutions"),
        "learner-2": lesson("notebooks"),
        "learner-3": answered(half),
        "learner-4": answered({FIRST.id}, "raise ValueError('boom')"),
    }.items():
        (hand_ins / learner).mkdir()
        (hand_ins / learner / f"{STAGE.stem}.ipynb").write_text(json.dumps(notebook))
    (hand_ins / f"learner-5_{STAGE.stem}.ipynb").write_text(json.dumps(lesson("notebooks"))[:-100])

    result = grade(hand_ins, "--out", tmp_path / "report")

    assert result.exit_code == 0, result.output
    with (tmp_path / "report" / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["learner"], row["status"], float(row["points"])) for row in rows] == [
        ("learner-1", "graded", STAGE.points),
        ("learner-2", "not-attempted", 0),
        ("learner-3", "graded", sum(STAGE.exercise(name).points for name in half)),
        ("learner-4", "graded", 0),
        ("learner-5", "unreadable", 0),
    ]
    assert {row["maximum"] for row in rows} == {str(STAGE.points)}
    assert rows[3]["reason"] == f"{FIRST.id}: ValueError: boom (line 1 of the exercise cell)"
    assert "is not whole JSON" in rows[4]["reason"]
    whole = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    voted = [len(hand_in["votes"]) for hand_in in whole["hand-ins"]]
    assert voted == [len(STAGE.predictions) + len(STAGE.quiz), 0, 0, 0, 0]
    assert "graded" in result.output
    assert "unreadable" in result.output
    if sys.platform == "linux":
        level = probe(View.of_course(ROOT)).level.name.lower()
        assert {hand_in["isolation"] for hand_in in whole["hand-ins"]} == {level, ""}


def test_a_hand_in_that_tampers_has_its_page_as_all_others(hand_ins: Path, tmp_path: Path) -> None:
    tampers = "from checks.stages.fastapi_basics import exercises\nexercises.expect = print"
    for learner, answer in {"learner-1": None, "learner-2": tampers}.items():
        notebook = json.dumps(answered({exercise.id for exercise in STAGE.exercises}, answer))
        (hand_ins / f"{learner}_{STAGE.stem}.ipynb").write_text(notebook)
    result = grade(hand_ins, "--out", tmp_path / "report")
    assert result.exit_code == 0, result.output
    honest, hostile = json.loads((tmp_path / "report" / "report.json").read_text())["hand-ins"]
    assert (honest["status"], honest["points"]) == ("graded", STAGE.points)
    assert (hostile["status"], hostile["points"]) == ("tampered", 0)
    assert "it replaced checks.stages.fastapi_basics.exercises.expect" in hostile["reason"]
    page = (tmp_path / "report" / "feedback" / "learner-2.html").read_text(encoding="utf-8")
    assert "Not believed" in page


def test_a_row_has_the_platforms_number_also_when_nothing_is_graded_anew(
    hand_ins: Path, tmp_path: Path
) -> None:
    (hand_ins / f"learnerone_LATE_12345_67890_{STAGE.stem}.ipynb").write_text("{")
    (hand_ins / "Learner Two_4711_assignsubmission_file_").mkdir()
    for _ in range(2):
        result = grade(hand_ins, "--out", tmp_path / "report")
        assert result.exit_code == 0, result.output
        with (tmp_path / "report" / "report.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = [
                (row["learner"], row["platform_id"], row["late"]) for row in csv.DictReader(file)
            ]
        assert rows == [("Learner Two", "4711", ""), ("learnerone", "12345", "late")]
    whole = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert [each["late"] for each in whole["hand-ins"]] == [False, True]
    assert "Graded now: 0" in result.output


def test_the_same_hand_ins_make_the_same_report(hand_ins: Path, tmp_path: Path) -> None:
    (hand_ins / "learner-1").mkdir()
    (hand_ins / f"learner-2_{STAGE.stem}.ipynb").write_text(json.dumps(lesson("solutions")))
    for name in ("first", "second"):
        assert grade(hand_ins, "--out", tmp_path / name, "--jobs", 1).exit_code == 0
    for file in ("report.csv", "report.json"):
        first = (tmp_path / "first" / file).read_bytes()
        assert first == (tmp_path / "second" / file).read_bytes()
        assert str(tmp_path).encode() not in first


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["{nowhere}", "--out", "{report}"], "does not exist"),
        (["{file}", "--out", "{report}"], "is not a folder"),
        (["{hand_ins}", "--out", "{file}"], "is a file"),
        (["", "--out", "{report}"], "'HANDINS': the path is empty; name a place"),
        (["{hand_ins}", "--out", ""], "'--out': the path is empty"),
        (["{hand_ins}", "--dry-run", "--against", ""], "'--against': the path is empty"),
        (["{hand_ins}", "--out", "{report}", "--strict", "--portable"], "leave --portable out"),
        (["{hand_ins}", "--out", "{hand_ins}/report"], "lies inside the hand-ins"),
        (["{hand_ins}", "--out", "{report}", "--jobs", "0"], "--jobs: 0"),
        (["{hand_ins}", "--out", "{report}", "--timeout", "0"], "--timeout: 0"),
        (["{hand_ins}", "--out", "{report}", "--timeout", "nan"], "--timeout: nan"),
        (["{hand_ins}", "--out", "{report}", "--timeout", "1e20"], "--timeout: 1e+20"),
        (["{long}", "--out", "{report}"], "HANDINS: {long} cannot be collected: File name too"),
        (["{hand_ins}", "--out", "{long}"], "--out: {long} cannot be written: File name too long"),
        (["{hand_ins}", "--dry-run", "--against", "{long}"], "--against: {long} cannot be read"),
        (["{empty}", "--out", "{report}"], "has neither notebooks nor learners' folders"),
        (["{hand_ins}"], "--out: is missing"),
        ([], "Missing argument 'HANDINS'"),
        (["{hand_ins}", "--out", "{report}", "--jobs", "many"], "'--jobs'"),
        (["{hand_ins}", "--out", "{report}", "--frob"], "No such option: --frob"),
        (["{hand_ins}", "--dry-run"], "--dry-run: against which marks?"),
        (["{hand_ins}", "--dry-run", "--against", "{nowhere}"], "--against: {nowhere}"),
        (
            ["{hand_ins}", "--dry-run", "--against", "{file}"],
            "--against: {file} is not a gradebook of this course; name a report folder or its gradeb",
        ),
        (["{hand_ins}", "--out", "{report}", "--against", "{file}"], "goes with --dry-run only"),
        (["{hand_ins}", "--out", "{report}", "--dry-run", "--prune"], "--prune: deletes"),
        (
            ["{hand_ins}", "--out", "{report}", "--only", "lerner-1"],
            "--only: nobody of the name 'lerner-1' has handed in; did you mean 'learner-1'?",
        ),
        (
            ["{hand_ins}", "--out", "{report}", "--only", ""],
            "--only: nobody of the name '' has handed in; the first of them is 'learner-1'",
        ),
    ],
)
def test_wrong_input_is_one_clear_line(
    arguments: list[str], reason: str, hand_ins: Path, tmp_path: Path
) -> None:
    (hand_ins / "learner-1").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    places = {name: tmp_path / name for name in ("nowhere", "file", "report", "empty")}
    places["long"] = tmp_path / ("n" * 300)
    result = grade(*(argument.format(hand_ins=hand_ins, **places) for argument in arguments))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert reason.format(**places) in result.stderr


def test_a_damaged_gradebook_is_one_line(hand_ins: Path, tmp_path: Path) -> None:
    (hand_ins / "learner-1").mkdir()
    assert grade(hand_ins, "--out", tmp_path / "report").exit_code == 0
    path = tmp_path / "report" / FILE
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)
    for options, mend in {
        ("--out",): "; move it aside, and all is graded anew",
        ("--dry-run", "--against"): "; name a report folder or its gradebook",
    }.items():
        result = grade(hand_ins, *options, tmp_path / "report")
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
        assert "the gradebook is damaged" in result.stderr
        assert result.stderr.endswith(f"{mend}\n")
