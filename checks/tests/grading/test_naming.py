"""Names say who handed in what: as Moodle and Canvas write them, and as people do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.course import Course
from checks.grading.naming import (
    LONGEST_NAME,
    Person,
    in_file_name,
    in_folder_name,
    in_platform_name,
    is_deceptive,
    is_notebook,
    shown,
    stage_in_name,
    tell_apart,
)


@pytest.mark.parametrize(
    "name",
    [
        "Learner One_123456_assignsubmission_file_",
        "Learner One_123456_assignsubmission_file",
        "Learner One_123456_assignsubmission_onlinetext_",
        "Learner One_123456_assignsubmission_file_01_soup.ipynb",
        "Learner One_123456_assignsubmission_file_my_98_765_work.ipynb",
    ],
)
def test_moodle_names_a_person_and_a_number(name: str) -> None:
    assert in_platform_name(name) == Person("Learner One", "123456")
    assert in_folder_name(name) == Person("Learner One", "123456")


def test_where_moodle_marks_blindly_the_number_is_the_name() -> None:
    people = [
        in_folder_name(f"Participant_{number}_assignsubmission_file_") for number in (4711, 4712)
    ]
    called = tell_apart(zip(people, ("soup", "salad"), strict=True))
    assert list(map(called, people)) == ["Participant 4711", "Participant 4712"]


@pytest.mark.parametrize(
    "name",
    [
        "learnerone_12345_67890_01_soup.ipynb",
        "learnerone_LATE_12345_67890_01_soup.ipynb",
        "learnerone_12345_67890_01_soup-1.ipynb",
        "learnerone_12345_67890_my_work_1_2.zip",
    ],
)
def test_canvas_names_a_person_and_a_number(name: str) -> None:
    assert in_platform_name(name) == Person("learnerone", "12345")


@pytest.mark.parametrize(
    "name", ["learner-1", "learner_1_01_soup.ipynb", "01_soup.ipynb", "notes_12.ipynb", "_12_34_"]
)
def test_other_names_are_of_no_platform(name: str) -> None:
    assert in_platform_name(name) is None


@pytest.mark.parametrize(
    ("name", "learner"),
    [
        ("learner-1_01_soup.ipynb", "learner-1"),
        ("learner-1_01_soup (1).ipynb", "learner-1"),
        ("learner-1_01_soup-Copy1.ipynb", "learner-1"),
        ("01_soup-learner-1.ipynb.txt", "learner-1"),
        ("01_soup.ipynb", "export"),
        ("learner-1.ipynb", "learner-1"),
    ],
)
def test_a_file_names_its_learner_beside_the_stage(name: str, learner: str, course: Course) -> None:
    assert in_file_name(name, stage_in_name(name, course), "export") == Person(learner)


def test_what_browsers_make_of_a_notebooks_name_is_still_a_notebook() -> None:
    assert all(map(is_notebook, ["a.ipynb", "a.IPYNB", "a.ipynb.txt", "a.ipynb.json"]))
    assert not any(map(is_notebook, ["a.txt", "a.ipynb.exe", "ipynb"]))


def test_two_people_of_one_name_are_told_apart_and_one_with_two_numbers_is_not() -> None:
    one, other = Person("Learner One", "11"), Person("Learner One", "22")
    assert tell_apart([(one, "soup"), (one, "salad")])(one) == "Learner One"
    assert tell_apart([(one, "soup"), (other, "salad")])(one) == "Learner One"
    assert tell_apart([(one, "soup"), (other, "soup")])(other) == "Learner One (22)"
    assert tell_apart([(one, "soup"), (other, "")])(other) == "Learner One (22)"


@given(st.text())
def test_any_name_can_be_shown(name: str) -> None:
    text = shown(name)
    assert len(text) <= LONGEST_NAME
    assert not any(map(is_deceptive, text))
    text.encode()


words = st.text(st.characters(exclude_characters="/_", exclude_categories=["C", "Z"]), min_size=1)
numbers = st.integers(min_value=10, max_value=10**9).map(str)


@given(words, numbers, words)
def test_moodle_names_are_read_back(name: str, number: str, file: str) -> None:
    person = Person(shown(name), number)
    assert in_platform_name(f"{name}_{number}_assignsubmission_file_{file}") == person


@given(words, numbers, numbers, words, st.sampled_from(["", "LATE_"]))
def test_canvas_names_are_read_back(
    name: str, number: str, attachment: str, file: str, late: str
) -> None:
    person = in_platform_name(f"{name}_{late}{number}_{attachment}_{file}")
    assert person == Person(shown(name), number)
    assert person is not None
    assert person.late == bool(late)
