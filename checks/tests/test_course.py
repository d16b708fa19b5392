"""`course.yml` is read, and what is wrong with it is said in one line."""

from pathlib import Path

import pytest
import yaml

from checks.course import ROOT, CourseError, read_course


def a_stage(**changes):
    stage = {
        "id": "first",
        "number": 1,
        "title": "First",
        "question": "Why?",
        "minutes": 50,
        "builds_on": [],
        "goals": ["know"],
        "exercises": [{"id": "one", "title": "One", "points": 2}],
        "predictions": ["belief"],
        "quiz": ["belief"],
    }
    return stage | changes


@pytest.fixture
def folder(tmp_path: Path):
    """A course folder with the files of the stage `first`; returns a function that writes its manifest."""
    for name in ("solutions/01_first.py", "notebooks/01_first.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")

    def write(*stages, **top):
        manifest = {"title": "T", "version": "1", "stages": list(stages)} | top
        (tmp_path / "course.yml").write_text(yaml.safe_dump(manifest))
        return tmp_path

    return write


def test_this_course_has_seven_stages_of_which_the_written_ones_are_offered():
    course = read_course()
    numbers = sorted(stage.number for stage in (*course.stages, *course.planned))
    assert numbers == [1, 2, 3, 4, 5, 6, 7]
    assert all(stage.written for stage in course.stages)


def test_a_stage_is_found_by_number_id_and_stem(folder):
    course = read_course(folder(a_stage()))
    found = {course.stage(name).stem for name in (1, "1", "01", "first", "01_first")}
    assert found == {"01_first"}
    assert course.stage("first").points == 2


def test_a_stage_that_is_not_written_yet_is_planned_and_needs_no_file(folder):
    course = read_course(
        folder(a_stage(), a_stage(id="second", number=2, written=False, exercises=[]))
    )
    assert [stage.id for stage in course.stages] == ["first"]
    assert [stage.id for stage in course.planned] == ["second"]


@pytest.mark.parametrize(
    ("stages", "line"),
    [
        ([a_stage(minuts=5)], "course.yml: stages.0.minuts: unknown key"),
        ([{"id": "first"}], "course.yml: stages.0.number: is missing"),
        ([a_stage(id="First")], "course.yml: stages.0.id: "),
        ([a_stage(), a_stage(number=2)], "course.yml: stages: id 'first' stands there 2 times"),
        ([a_stage(), a_stage(id="b")], "course.yml: stages: number 1 stands there 2 times"),
        (
            [a_stage(exercises=[{"id": "one", "title": "O", "points": 1}] * 2)],
            "course.yml: exercises: id 'one' stands there 2 times",
        ),
        (
            [a_stage(quiz=["a", "a"])],
            "course.yml: stage first: quiz: claim 'a' stands there 2 times",
        ),
        (
            [a_stage(builds_on=["zero"])],
            "course.yml: stage first: builds_on: no earlier stage is named 'zero'",
        ),
        (
            [a_stage(id="second", number=2)],
            "course.yml: stage second: solutions/02_second.py does not exist",
        ),
        (
            [a_stage(exercises=[{"id": "one", "title": "O", "points": 0}])],
            "course.yml: stages.0.exercises.0.points: ",
        ),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(folder, stages, line):
    with pytest.raises(CourseError) as caught:
        read_course(folder(*stages))
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_a_stage_without_its_notebook_says_how_to_make_it(folder):
    root = folder(a_stage())
    (root / "notebooks" / "01_first.ipynb").unlink()
    with pytest.raises(
        CourseError, match=r"notebooks/01_first.ipynb does not exist; run `course build`"
    ):
        read_course(root)
    assert read_course(root, notebooks_exist=False).stages


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\t", "title: x\n  y: z"])
def test_what_is_no_manifest_is_one_line(tmp_path, text):
    (tmp_path / "course.yml").write_text(text)
    with pytest.raises(CourseError, match=r"^course\.yml: ") as caught:
        read_course(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_manifest_is_said(tmp_path):
    with pytest.raises(CourseError, match=r"course\.yml: cannot be read"):
        read_course(tmp_path)


def test_the_package_finds_the_course_it_belongs_to():
    assert (ROOT / "course.yml").is_file()
