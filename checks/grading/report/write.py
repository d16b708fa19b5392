"""All files of the report, in one pass over the grades, so that memory stays bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from checks.course import Course
from checks.grading.grade import Grade
from checks.grading.report.beliefs import Beliefs
from checks.grading.report.class_page import class_page
from checks.grading.report.document import Document
from checks.grading.report.feedback import feedback_page
from checks.grading.report.folder import remove_other_pages, replacing
from checks.grading.report.names import page_name
from checks.grading.report.statistics import Statistics
from checks.grading.report.table import Table
from checks.grading.status import Status


def write_report(
    folder: Path,
    course: Course,
    grades: Iterable[Grade],
    beliefs: Beliefs,
    stages: Collection[str],
) -> Counter[Status]:
    """Write the report into `folder`; pages of learners who are not among the grades go.

    Takes the grades sorted by learner, and the ids of the stages that they are of. Returns how many hand-ins have which status. Raises
    GradingError where a file cannot be written.
    """
    statistics = Statistics(course, beliefs)
    isolation: set[str] = set()
    pages: set[str] = set()
    with ExitStack() as files:
        # Excel reads names right where the file says at its beginning that it is UTF-8.
        rows = files.enter_context(replacing(folder / "report.csv", "utf-8-sig"))
        table = Table(rows, course, stages)
        document = Document(files.enter_context(replacing(folder / "report.json")), course)
        for learner, own in _by_learner(grades):
            for grade in own:
                table.add(grade)
                document.add(grade)
                statistics.add(grade)
                isolation.add(grade.isolation)
            pages.add(page_name(learner))
            with replacing(folder / "feedback" / page_name(learner)) as page:
                page.write(feedback_page(course, own, beliefs))
        document.end()
        with replacing(folder / "class.html") as page:
            page.write(class_page(course, statistics, beliefs, sorted(isolation - {""})))
    remove_other_pages(folder / "feedback", pages)
    return statistics.statuses


def _by_learner(grades: Iterable[Grade]) -> Iterator[tuple[str, list[Grade]]]:
    for learner, own in groupby(grades, key=lambda grade: grade.learner):
        yield learner, list(own)
