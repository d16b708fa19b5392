"""`course grade` grades what has changed and nothing else; a dry run says what would."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from checks.cli import app
from checks.grading import command, work
from checks.grading.gradebook.gradebook import FILE, Gradebook
from checks.tests.grading.conftest import Write
from checks.tests.grading.quick_course import QuickGrader

Grade = Callable[..., Result]


@pytest.fixture
def grade(
    monkeypatch: pytest.MonkeyPatch, root: Path, hand_ins: Path, hand_in: Write, tmp_path: Path
) -> Grade:
    """Call `course grade` on three hand-ins of the small course, with a quick run."""
    monkeypatch.setattr(work, "open_grader", lambda *_, **__: QuickGrader())
    monkeypatch.setattr(
        command, "prepared", lambda folder, options, _: work.prepared(folder, options, root)
    )
    for number in (1, 2, 3):
        hand_in(f"learner-{number}/01_soup.ipynb", double=f"double = {number}")

    def call(*options: object) -> Result:
        arguments = ["grade", hand_ins, "--out", tmp_path / "report", *options]
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


def graded_now(result: Result) -> int:
    assert result.exit_code == 0, result.output
    [line] = [line for line in result.output.splitlines() if line.startswith("Graded now: ")]
    return int(line.split(";")[0].removeprefix("Graded now: "))


def learners(report: Path) -> list[str]:
    with (report / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["learner"] for row in csv.DictReader(file)]


def test_only_what_has_changed_is_graded_again(grade: Grade, hand_in: Write) -> None:
    assert graded_now(grade()) == 3
    assert graded_now(grade()) == 0
    hand_in("learner-2/01_soup.ipynb", double="double = 'another'")
    hand_in("learner-4/01_soup.ipynb")
    assert graded_now(grade()) == 2
    assert graded_now(grade("--jobs", 1)) == 0


def test_options_that_can_change_a_mark_and_force_grade_again(grade: Grade) -> None:
    assert graded_now(grade()) == 3
    assert graded_now(grade("--timeout", 30)) == 3
    assert graded_now(grade("--timeout", 30, "--force")) == 3
    assert graded_now(grade("--timeout", 30, "--strict")) == 3


def test_one_learner_alone_is_graded_again_and_the_report_has_all(
    grade: Grade, hand_in: Write, tmp_path: Path
) -> None:
    grade()
    hand_in("learner-3/01_soup.ipynb", double="double = 'another'")
    again = grade("--only", "learner-1", "--only", "learner-2", "--force")
    assert graded_now(again) == 2
    assert "unchanged since they were graded: 0" in again.output
    assert "left for another time (--only): 1" in again.output
    assert learners(tmp_path / "report") == ["learner-1", "learner-2", "learner-3"]
    assert graded_now(grade("--only", "learner-1")) == 0
    dry = grade("--only", "learner-1", "--dry-run").output
    assert "unchanged, so not run: 2; new: 0" in dry
    assert "left for another time (--only): 1" in dry
    assert graded_now(grade()) == 1


def test_another_release_grades_again(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    assert graded_now(grade()) == 3
    monkeypatch.setattr(work, "fingerprints", lambda *_: {"soup": "of another release"})
    assert graded_now(grade()) == 3


def test_who_is_gone_stays_in_the_gradebook_and_out_of_the_report_until_pruned(
    grade: Grade, hand_ins: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report"
    grade()
    (hand_ins / "learner-2" / "01_soup.ipynb").unlink()
    (hand_ins / "learner-2").rmdir()

    said = grade().output
    assert "Not among the hand-ins any more: 1" in said
    assert learners(report) == ["learner-1", "learner-3"]
    assert not (report / "feedback" / "learner-2.html").exists()
    with Gradebook(report / FILE) as gradebook:
        assert [key.learner for key in gradebook.others([])] == [
            "learner-1",
            "learner-2",
            "learner-3",
        ]

    said = grade("--prune").output
    assert "Not among" not in said
    assert "Deleted from the gradebook: 1 hand-in (learner-2)" in said.splitlines()
    assert "Deleted" not in grade("--prune").output
    left = [
        path for path in report.rglob("*") if path.is_file() and b"learner-2" in path.read_bytes()
    ]
    assert left == []


def test_pruning_names_a_few_of_those_who_are_gone(
    grade: Grade, hand_ins: Path, hand_in: Write
) -> None:
    for number in range(7):
        hand_in(f"gone-{number}/01_soup.ipynb")
    hand_in("gone-0/again/01_soup.ipynb")
    grade()
    for number in range(7):
        shutil.rmtree(hand_ins / f"gone-{number}")
    expected = "Deleted from the gradebook: 8 hand-ins (gone-0, gone-1, gone-2, gone-3, gone-4, …)"
    assert expected in grade("--prune").output.splitlines()


def test_a_dry_run_says_whose_mark_would_change_and_why_and_writes_nothing(
    grade: Grade, hand_in: Write, tmp_path: Path
) -> None:
    grade()
    assert grade("--dry-run").exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    changed = hand_in("learner-2/01_soup.ipynb", double="double = 22")
    hand_in("learner-4/01_soup.ipynb")

    result = grade("--dry-run", "--against", tmp_path / "report" / FILE)

    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith("learner-2, soup (learner-2/01_soup.ipynb): ")
    assert lines[0].endswith("of 9 points; another notebook")
    assert "double: not yet, " in lines[1]
    assert lines[-1] == (
        "Marks that would change: 1; found again as they are: 0; unchanged, so not run: 2; "
        "new: 1; not among the hand-ins any more: 0"
    )
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    del before[changed]
    assert {path: after[path] for path in before} == before
    assert {path.name for path in after.keys() - before.keys()} == {"01_soup.ipynb"}


def test_names_that_look_the_same_keep_a_row_each(
    grade: Grade, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    collect = work.collect

    def twice(*arguments: object) -> object:
        found = collect(*arguments)  # type: ignore[arg-type]
        return type(found)(found.hand_ins + found.hand_ins, found.ignored)

    monkeypatch.setattr(work, "collect", twice)
    assert graded_now(grade()) == 6
    assert len(learners(tmp_path / "report")) == 6
    assert graded_now(grade()) == 0
