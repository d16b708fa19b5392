"""The report is the same for the same grades, does no harm, and shows nobody another's work."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.course import Course
from checks.grading.grade import Answer, ExerciseGrade, Grade
from checks.grading.gradebook.gradebook import FILE
from checks.grading.notebook import Vote
from checks.grading.report.beliefs import Belief, Beliefs
from checks.grading.report.class_page import class_page
from checks.grading.report.document import SCHEMA, Document, schema_text
from checks.grading.report.feedback import feedback_page
from checks.grading.report.folder import prepare_report
from checks.grading.report.names import page_name
from checks.grading.report.pages import visible
from checks.grading.report.statistics import MOST_GROUPS, MOST_NAMES, Statistics
from checks.grading.report.table import FIRST_COLUMNS, Table, harmless
from checks.grading.report.write import write_report
from checks.grading.status import GradingError, Status
from checks.result import Outcome
from checks.tests.grading.grades import GRADED, grades

BELIEFS: Beliefs = {
    "soup": {
        "soup_is_hot": Belief("soup_is_hot", "Soup is `hot`.", "It cools.", False),
        "text_cannot_double": Belief("text_cannot_double", "Text has no double.", "It has.", False),
    }
}


def rows(course: Course, *grades: Grade) -> list[dict[str, str]]:
    file = io.StringIO()
    table = Table(file, course, {"soup"})
    for grade in grades:
        table.add(grade)
    return list(csv.DictReader(io.StringIO(file.getvalue())))


def document(course: Course, *grades: Grade) -> str:
    file = io.StringIO()
    whole = Document(file, course)
    for grade in grades:
        whole.add(grade)
    whole.end()
    return file.getvalue()


def the_class(course: Course, *grades: Grade) -> str:
    statistics = Statistics(course, BELIEFS)
    for grade in grades:
        statistics.add(grade)
    return class_page(course, statistics, BELIEFS, ["resource limits"])


_WITHIN_A_LINE = {"bdi", "code", "em", "span", "strong"}


class _Page(HTMLParser):
    """Which elements a page has, which attributes, and what it says outside of `<style>`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self._said: list[str] = []
        self.feed(page)

    @property
    def text(self) -> str:
        return " ".join("".join(self._said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)
        if tag not in _WITHIN_A_LINE:
            self._said.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self._said.append(data)


# ---- report.csv


def test_a_row_of_the_table_has_a_column_per_exercise(course: Course) -> None:
    missing = Grade("learner-2", "", Status.MISSING, "the folder has no notebook")
    first, second = rows(course, GRADED, missing)
    assert first == {
        "learner": "learner-1",
        "platform_id": "",
        "late": "",
        "stage": "soup",
        "file": "learner-1/a.ipynb",
        "status": "graded",
        "points": "2.5",
        "maximum": "9",
        "reason": "",
        "notes": "the check of double was put back",
        "feedback": "feedback/learner-1.html",
        "double": "2.5",
        "greet": "3",
        "total": "",
    }
    assert (second["status"], second["points"], second["double"]) == ("missing", "0", "")
    assert list(first) == [*FIRST_COLUMNS, "double", "greet", "total"]


@pytest.mark.parametrize(
    "name",
    [
        *(["=1+1", "+1", "-1", "@sum", "＝1", "＋1", "－1", "＠sum"]),
        "\tx",
        "\rx",
        " =1",
        '"=1',
        "'=1",
        "\u200b=1",
        "\ufeff@a",
        "\xa0+1",
    ],
)
def test_a_formula_is_made_harmless(name: str, course: Course) -> None:
    [row] = rows(course, Grade(name, "", Status.MISSING, f"{name} is missing"))
    assert row["learner"] == visible(f"'{name}")
    assert row["reason"].startswith("'")


@pytest.mark.parametrize("name", ["learner-1", "a=b", "", "Zoë", "1+1"])
def test_an_ordinary_text_stays_as_it_is(name: str) -> None:
    assert harmless(name) == name


def test_a_name_may_hold_commas_quotes_and_lines(course: Course) -> None:
    [row] = rows(course, Grade('a,"b"\nc', "", Status.MISSING))
    assert row["learner"] == 'a,"b"\nc'


def test_what_is_not_seen_does_not_reach_the_table(course: Course) -> None:
    [row] = rows(course, Grade("Zoë\x00\x1b[31m", "", Status.MISSING, "a\rb"))
    assert (row["learner"], row["reason"]) == ("Zoë��[31m", "a�b")


def test_every_cell_is_quoted_and_excel_sees_that_it_is_unicode(
    course: Course, tmp_path: Path
) -> None:
    noted = replace(GRADED, learner="Zoë", notes=("this was put back", "that too"))
    write_report(tmp_path, course, [noted], BELIEFS, {"soup"})
    content = (tmp_path / "report.csv").read_bytes()
    assert content.startswith('\ufeff"learner","platform_id","late","stage",'.encode())
    assert ',"this was put back; that too",' in content.decode()


def test_only_stages_that_were_handed_in_have_columns(course: Course, tmp_path: Path) -> None:
    missing = Grade("learner-2", "", Status.MISSING)
    write_report(tmp_path, course, [missing], BELIEFS, {""})
    [row] = csv.reader((tmp_path / "report.csv").read_text("utf-8-sig").splitlines()[:1])
    assert row == list(FIRST_COLUMNS)


# ---- report.json


def test_the_document_says_everything_but_the_code(course: Course) -> None:
    whole = json.loads(document(course, GRADED))
    assert (whole["course"], whole["version"]) == ("Soup", "1")
    [hand_in] = whole["hand-ins"]
    exercise = hand_in["exercises"][0]
    assert (hand_in["learner"], hand_in["status"]) == ("learner-1", "graded")
    assert hand_in["notes"] == ["the check of double was put back"]
    assert (exercise["outcome"], exercise["diagnosis"]) == ("not yet", "text_cannot_double")
    assert exercise["criteria"][0]["observed"] == "5"
    assert hand_in["votes"][1] == {"claim": "soup_is_hot", "asked": "quiz", "vote": "no"}
    assert "answers" not in hand_in


def test_the_schema_is_the_one_that_is_shipped() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


@settings(max_examples=40, deadline=None)
@given(some=st.lists(grades(), max_size=3))
def test_any_report_keeps_to_the_schema(some: list[Grade], a_course: Course) -> None:
    schema = json.loads(schema_text())
    whole = json.loads(document(a_course, *some))
    jsonschema.Draft202012Validator(schema).validate(whole)
    assert len(whole["hand-ins"]) == len(some)


# ---- names of pages


@given(st.lists(st.text(), unique=True, max_size=6))
def test_two_learners_never_share_a_page(learners: list[str]) -> None:
    names = [page_name(learner) for learner in learners]
    assert len({name.lower() for name in names}) == len(learners)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}\.html", name) for name in names)


def test_a_learner_cannot_take_the_page_of_another() -> None:
    names = ["Anna", "anna", "ANNA", "../anna", "anna/", "con", "", "ANNA "]
    pages = {page_name(name) for name in names}
    assert len(pages) == len(names)
    taken = page_name("Anna").removesuffix(".html")
    assert page_name(taken) not in pages
    assert page_name("learner-1") == "learner-1.html"


# ---- feedback pages


def test_the_feedback_says_what_holds_what_was_observed_and_why(course: Course) -> None:
    said = _Page(feedback_page(course, [GRADED], BELIEFS)).text
    for words in (
        "2.5 of 9 points",
        "graded: it ran to its end",
        "the check of double was put back",
        "Not yet: Double it 2.5 of 4 points",
        "fails: it doubles 2 observed: 5",
        "holds: it doubles text",
        "“Text has no double.”",
        "It has.",
        "predict.text_cannot_double()",
        "Soup is hot. Yes Myth a myth ✔corrected",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("yes", "no", "corrected"),
        ("yes", "yes", "still believed"),
        ("no", "yes", "lost on the way"),
        ("no", "no", "known from the start"),
        (None, "yes", "not right"),
        ("no", None, "right"),
    ],
)
def test_votes_are_held_against_what_the_experiment_showed(
    before: str | None, after: str | None, words: str, course: Course
) -> None:
    votes = [Vote("soup_is_hot", "predict", before)] if before else []
    votes += [Vote("soup_is_hot", "quiz", after)] if after else []
    page = _Page(feedback_page(course, [replace(GRADED, votes=tuple(votes))], BELIEFS))
    assert page.text.endswith(words)


ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "div", "span", "bdi"),
    *("h1", "h2", "h3", "p", "strong", "code", "ul", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
HOSTILE = "<script>alert('&\"1')</script><img src=x onerror=a>\u202egnirts\x00\x1b[31m\x07`<b>`"


def test_the_text_of_learners_is_text(course: Course) -> None:
    everywhere = replace(
        GRADED,
        learner=HOSTILE,
        file=HOSTILE,
        reason=HOSTILE,
        notes=(HOSTILE,),
        exercises=tuple(
            replace(
                each,
                title=HOSTILE,
                reason=HOSTILE,
                criteria=tuple(
                    replace(line, text=HOSTILE, observed=HOSTILE) for line in each.criteria
                ),
            )
            for each in GRADED.exercises
        ),
        answers=(Answer("double", HOSTILE, "same"),),
    )
    twin = replace(everywhere, learner=f"{HOSTILE}2", status=Status.TAMPERED)
    for page in (
        feedback_page(course, [everywhere], BELIEFS),
        the_class(course, everywhere, twin),
    ):
        read = _Page(page)
        assert {"script", "img", "b"}.isdisjoint(read.elements)
        assert not {name for name in read.attributes if name.startswith("on") or name == "src"}
        assert "<script>alert('&\"1')</script>" in read.text
        assert not set("\u202e\x00\x1b\x07") & set(page)


@settings(max_examples=40, deadline=None)
@given(grade=grades(stage="soup"))
def test_any_text_makes_a_whole_page_without_new_elements(grade: Grade, a_course: Course) -> None:
    page = feedback_page(a_course, [grade], BELIEFS)
    read = _Page(page)
    assert read.open == []
    assert read.elements <= ALLOWED
    assert " ".join(visible(grade.learner).split()) in read.text


# ---- the page of the class


def test_the_class_page_says_statuses_difficulty_myths_and_who_is_stuck(course: Course) -> None:
    late = Grade("learner-2", "soup", Status.TIMEOUT, "not finished after 60 s", maximum=9)
    said = _Page(the_class(course, GRADED, late)).text
    for words in (
        "2 learners, 2 hand-ins",
        "timeout: a cell, or all of it, did not end in time; what was checked counts 1",
        "learner-2 – not finished after 60 s",
        "Double it 0 1 0 0 62 %",
        "Greet 1 0 0 0 100 %",
        "Stuck at “Double it”: 1 learner-1",
        "“it doubles 2” fails 1 time",
        "the belief behind 1 answer may be: “Text has no double.”",
        "Soup is hot. a myth 1 of 1 0 of 1 –",
        "Text has no double. a myth – – 1",
        "Isolation of the runs: resource limits",
    ):
        assert words in said
    assert said.index("What became of the hand-ins") < said.index("How difficult")


def answered(learner: str, outcome: Outcome, likeness: str) -> Grade:
    return replace(
        GRADED,
        learner=learner,
        exercises=(ExerciseGrade("double", "Double it", outcome, 0, 4),),
        answers=(Answer("double", f"# {likeness}\ndouble = 1", likeness),),
    )


def test_equal_answers_are_grouped_and_what_all_have_is_left_out(course: Course) -> None:
    wrong, solved = Outcome.NOT_YET, Outcome.SOLVED
    class_ = [
        *(answered(f"learner-{number:02}", solved, "usual") for number in range(20)),
        *(answered(f"learner-{number}", solved, "rare") for number in (50, 51)),
        *(answered(f"learner-{number}", wrong, "mistaken") for number in (60, 61, 61)),
        answered("learner-70", wrong, "alone"),
        *(answered(f"learner-{number}", Outcome.NOT_ATTEMPTED, "blank") for number in (80, 81)),
    ]
    said = _Page(the_class(course, *class_)).text
    said = said[said.index("Two answers are equal here") :]
    assert "Double it: 2 learners, not yet, 2 lines learner-60, learner-61 # mistaken" in said
    assert "Double it: 2 learners, solved, 2 lines learner-50, learner-51 # rare" in said
    assert said.index("mistaken") < said.index("rare")
    assert not {"usual", "alone", "blank"} & set(said.split())


def test_who_is_stuck_at_a_cell_that_raised_is_told_apart(course: Course) -> None:
    raised = ExerciseGrade("double", "Double it", Outcome.NOT_YET, 0, 4, "ValueError: boom")
    said = _Page(the_class(course, replace(GRADED, exercises=(raised,)))).text
    assert "1 learner, 1 hand-in." in said
    assert "Stuck at “Double it”: 1 learner-1 in 1 answer the cell raised" in said


def test_more_groups_than_are_shown_are_counted(course: Course) -> None:
    class_ = [
        answered(f"learner-{number:03}", Outcome.NOT_YET, f"{number // 2}")
        for number in range(2 * MOST_GROUPS + 4)
    ]
    assert (
        "And 2 groups more, which would come after these." in _Page(the_class(course, *class_)).text
    )


def test_the_class_page_has_the_marks_of_each_learner(course: Course) -> None:
    again = replace(GRADED, file="learner-1/b.ipynb", status=Status.TIMEOUT, points=1)
    missing = Grade("learner-2", "", Status.MISSING)
    said = _Page(the_class(course, GRADED, again, missing)).text
    assert "2 learners Points by stage" in said
    assert "learner 1 Soup sum learner-1 2.5 / ✘timeout: 1 2.5 learner-2 – 0" in said


def test_links_lead_to_pages_that_are_there(course: Course, tmp_path: Path) -> None:
    hostile = replace(GRADED, learner=HOSTILE, status=Status.DIED)
    write_report(tmp_path, course, [GRADED, hostile], BELIEFS, {"soup"})
    page = (tmp_path / "class.html").read_text(encoding="utf-8")
    links = {link for link in re.findall(r'href="([^"]*)"', page) if not link.startswith("#")}
    assert len(links) == 2
    assert all((tmp_path / link).is_file() for link in links)


def test_the_page_of_a_large_class_stays_small(course: Course) -> None:
    class_ = [answered(f"learner-{number:04}", Outcome.NOT_YET, "same") for number in range(1000)]
    page = the_class(course, *class_)
    assert f"and {1000 - MOST_NAMES} more" in _Page(page).text
    assert len(page) < 100_000


def test_a_chart_has_no_script_no_date_and_a_name_for_a_screen_reader(course: Course) -> None:
    page = the_class(course, GRADED)
    assert "script" not in _Page(page).elements
    assert 'role="img" aria-label="Outcomes of each exercise of stage 1' in page
    assert "<!--" not in page
    assert len(re.findall(r'id="([^"]*)"', page)) == len(set(re.findall(r'id="([^"]*)"', page)))


# ---- the folder


def test_it_is_written_whole_and_old_pages_go(course: Course, tmp_path: Path) -> None:
    write_report(
        tmp_path, course, [GRADED, replace(GRADED, learner="learner-2")], BELIEFS, {"soup"}
    )
    (tmp_path / "feedback" / "mine.html").write_text("<p>a note of the instructor</p>")
    counts = write_report(tmp_path, course, [GRADED], BELIEFS, {"soup"})
    assert counts == {Status.GRADED: 1}
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "class.html",
        "feedback",
        "feedback/learner-1.html",
        "feedback/mine.html",
        "report.csv",
        "report.json",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_a_report_is_as_private_as_its_owner_wants(course: Course, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        (tmp_path / "report").mkdir()
        write_report(tmp_path / "report", course, [GRADED], BELIEFS, {"soup"})
    finally:
        os.umask(before)
    written = [path for path in (tmp_path / "report").rglob("*") if path.is_file()]
    assert written
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_report_that_is_made_here_is_its_owners_alone(hand_ins: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    for name, mode in {"made": 0o700, "shared": 0o755}.items():
        prepare_report(tmp_path / name, hand_ins)
        assert (tmp_path / name).stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("name", ["report.csv", "report.json", "class.html"])
def test_what_somebody_else_wrote_is_not_overwritten(
    name: str, hand_ins: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report"
    report.mkdir()
    (report / name).write_text("mine")
    with pytest.raises(GradingError, match=f"has a {name} that is not of this course; name ano"):
        prepare_report(report, hand_ins)
    (report / FILE).touch()  # what it is worth is for the gradebook to say
    prepare_report(report, hand_ins)


def test_a_report_whose_gradebook_was_moved_aside_is_written_anew(
    course: Course, hand_ins: Path, tmp_path: Path
) -> None:
    (tmp_path / "report").mkdir()
    write_report(tmp_path / "report", course, [GRADED], BELIEFS, {"soup"})
    prepare_report(tmp_path / "report", hand_ins)


def test_a_page_says_nothing_of_others(course: Course, tmp_path: Path) -> None:
    write_report(
        tmp_path, course, [GRADED, replace(GRADED, learner="learner-2")], BELIEFS, {"soup"}
    )
    assert "learner-2" not in (tmp_path / "feedback" / "learner-1.html").read_text("utf-8")


def test_the_same_grades_make_the_same_bytes(course: Course, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_report(tmp_path / name, course, [GRADED], BELIEFS, {"soup"})
    for file in ("report.csv", "report.json", "class.html", "feedback/learner-1.html"):
        first = (tmp_path / "first" / file).read_bytes()
        assert first == (tmp_path / "second" / file).read_bytes()


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
