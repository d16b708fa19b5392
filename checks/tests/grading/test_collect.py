"""A folder becomes a list of hand-ins: every learner and every notebook has its row."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.course import Course
from checks.grading.collect import MOST_DUPLICATES, Collection, HandIn
from checks.grading.collect import collect as collect_into
from checks.grading.status import GradingError, Status
from checks.tests.grading.conftest import Write
from checks.tests.grading.small_course import code


def collect(folder: Path, course: Course) -> Collection:
    """Collect where no zip file needs a place to be unpacked."""
    return collect_into(folder, course, folder / "nowhere")


def only(folder: Path, course: Course) -> HandIn:
    [hand_in] = collect(folder, course).hand_ins
    return hand_in


def test_a_folder_names_its_learner(hand_in: Write, hand_ins: Path, course: Course) -> None:
    hand_in("learner-1/whatever.ipynb")
    hand_in("learner-2/deep/down/notebook.IPYNB")
    found = collect(hand_ins, course).hand_ins
    assert [(each.learner, each.stage, each.file, each.status) for each in found] == [
        ("learner-1", "soup", "learner-1/whatever.ipynb", None),
        ("learner-2", "soup", "learner-2/deep/down/notebook.IPYNB", None),
    ]


@pytest.mark.parametrize(
    ("name", "learner"),
    [
        ("learner-1_01_soup.ipynb", "learner-1"),
        ("01_soup-learner-1.ipynb", "learner-1"),
        ("01_SOUP learner-1.ipynb", "learner-1"),
        ("learner-1.ipynb", "learner-1"),
        ("01_soup.ipynb", "01_soup"),
        ("101_soup.ipynb", "101_soup"),
    ],
)
def test_in_a_flat_folder_the_file_names_the_learner(
    name: str, learner: str, hand_in: Write, hand_ins: Path, course: Course
) -> None:
    hand_in(name)
    assert only(hand_ins, course).learner == learner


def test_the_metadata_say_the_stage_and_else_the_name_does(
    hand_in: Write, hand_ins: Path, course: Course
) -> None:
    hand_in("learner-1/01_soup.ipynb", stage="salad")
    hand_in("learner-2/my 01_soup.ipynb", stage=None)
    hand_in("learner-3/other.ipynb", stage=None)
    hand_in("learner-4/other.ipynb", stage="pudding")
    found = collect(hand_ins, course).hand_ins
    assert [each.status for each in found] == [Status.FOREIGN, None, Status.FOREIGN, Status.FOREIGN]
    assert found[0].reason == "is of stage salad, which is not written yet"
    assert found[1].stage == "soup"
    assert "neither its metadata nor its name" in found[2].reason
    assert "'pudding'" in found[3].reason


def test_where_neither_metadata_nor_name_say_the_stage_the_set_up_does(
    hand_in: Write, hand_ins: Path, course: Course
) -> None:
    imports = {
        "learner-1/homework.ipynb": "from checks.stages.soup import check",
        "learner-2/homework.ipynb": "import os\nfrom checks.stages import soup",
        "learner-3/homework.ipynb": "import checks.stages.soup as stage",
        "learner-4/homework.ipynb": "from checks.stages.pudding import check",
        "learner-5/homework.ipynb": "# from checks.stages.soup import check",
        "learner-6/homework.ipynb": "from checks.stages.soup import a\nimport checks.stages.salad",
    }
    for file, text in imports.items():
        hand_in(file, stage=None, cells=[code("mine", "a = 1"), code("setup", text)])
    hand_in("learner-7/01_soup.ipynb", stage=None, cells=[code("a", "import checks.stages.salad")])
    found = collect(hand_ins, course).hand_ins
    assert [each.stage for each in found] == ["soup", "soup", "soup", "", "", "", "soup"]


def test_a_learner_without_a_notebook_is_missing(hand_ins: Path, course: Course) -> None:
    (hand_ins / "learner-1" / ".ipynb_checkpoints").mkdir(parents=True)
    (hand_ins / "learner-1" / ".ipynb_checkpoints" / "01_soup.ipynb").touch()
    (hand_ins / "learner-1" / "notes.txt").touch()
    hand_in = only(hand_ins, course)
    assert (hand_in.learner, hand_in.status) == ("learner-1", Status.MISSING)


def test_hidden_files_and_other_files_are_ignored_and_counted(
    hand_in: Write, hand_ins: Path, course: Course
) -> None:
    hand_in("learner-1/a.ipynb")
    for name in ("readme.md", ".DS_Store", "learner-1/data.csv", "learner-1/._a.ipynb"):
        (hand_ins / name).touch()
    (hand_ins / "__MACOSX").mkdir()
    collection = collect(hand_ins, course)
    assert len(collection.hand_ins) == 1
    assert collection.ignored == 5


def test_a_damaged_file_is_unreadable_and_keeps_the_stage_of_its_name(
    hand_in: Write, hand_ins: Path, course: Course
) -> None:
    hand_in("learner-1/01_soup.ipynb", content=b'{"cells": [')
    found = only(hand_ins, course)
    assert (found.status, found.stage) == (Status.UNREADABLE, "soup")
    assert "is not whole JSON" in found.reason


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are text")
def test_a_file_name_that_is_no_text_is_made_printable(
    hand_in: Write, hand_ins: Path, course: Course
) -> None:
    hand_in("a.ipynb").rename(os.fsdecode(os.fsencode(hand_ins) + b"/learner-\xff.ipynb"))
    assert only(hand_ins, course).learner == "learner-?"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_not_waited_for(hand_ins: Path, course: Course) -> None:
    os.mkfifo(hand_ins / "01_soup.ipynb")
    assert only(hand_ins, course).reason == "is not a file"


def test_a_link_out_of_the_folder_is_not_followed(
    tmp_path: Path, hand_in: Write, hand_ins: Path, course: Course
) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(hand_in("learner-1/a.ipynb").read_bytes())
    (hand_ins / "learner-1" / "b.ipynb").symlink_to("a.ipynb")
    for number, target in enumerate((secret, hand_ins / "learner-1" / "a.ipynb", "c.ipynb"), 2):
        (hand_ins / f"learner-{number}").mkdir()
        (hand_ins / f"learner-{number}" / "c.ipynb").symlink_to(target)
    (hand_ins / "learner-5").symlink_to(tmp_path)
    found = collect(hand_ins, course).hand_ins
    assert [(each.learner, each.status) for each in found] == [
        ("learner-1", None),
        ("learner-1", None),
        *((f"learner-{number}", Status.UNREADABLE) for number in (2, 3, 4, 5)),
    ]


def test_duplicates_are_both_kept_and_say_so(
    hand_in: Write, hand_ins: Path, course: Course
) -> None:
    hand_in("learner-1_01_soup.ipynb")
    hand_in("learner-1/soup.ipynb")
    hand_in("learner-2/soup.ipynb")
    first, second, other = collect(hand_ins, course).hand_ins
    assert first.reason.startswith("duplicate: learner-1_01_soup.ipynb")
    assert second.reason.startswith("duplicate: learner-1/soup.ipynb")
    assert (first.status, second.status, other.reason) == (None, None, "")


def test_of_many_duplicates_some_are_run_and_each_of_the_others_says_why(
    hand_in: Write, hand_ins: Path, course: Course
) -> None:
    for number in range(MOST_DUPLICATES + 2):
        hand_in(f"learner-1/01_soup {number:02}.ipynb")
    (hand_ins / "learner-1" / "01_soup 00 damaged.ipynb").write_text("{")
    damaged, *found = sorted(
        collect(hand_ins, course).hand_ins, key=lambda each: "damaged" not in each.file
    )
    assert damaged.reason.startswith("is not whole JSON")
    assert [each.status for each in found[:MOST_DUPLICATES]] == [None] * MOST_DUPLICATES
    assert [each.status for each in found[MOST_DUPLICATES:]] == [Status.UNREADABLE] * 2
    assert found[-1].reason.startswith("not run, for no more than 10 are; duplicate: ")


def test_a_folder_that_is_none_is_one_clear_line(tmp_path: Path, course: Course) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(GradingError, match="does not exist"):
        collect(tmp_path / "nowhere", course)
    with pytest.raises(GradingError, match="is not a folder"):
        collect(file, course)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary())
def test_any_file_has_its_row(content: bytes, hand_ins: Path, course: Course) -> None:
    (hand_ins / "01_soup.ipynb").write_bytes(content)
    hand_in = only(hand_ins, course)
    assert hand_in.status in {None, Status.UNREADABLE}
