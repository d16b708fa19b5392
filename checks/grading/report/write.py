"""All files of the report, in one pass over the grades, so that memory stays bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from checks.course import Course
from checks.grading.grade import Grade
from checks.grading.report.document import Document
from checks.grading.report.folder import replacing
from checks.grading.report.table import Table
from checks.grading.status import Status


def write_report(folder: Path, course: Course, grades: Iterable[Grade]) -> Counter[Status]:
    """Write the report into `folder`.

    Takes the grades sorted by learner. Returns how many hand-ins have which status. Raises
    GradingError where a file cannot be written.
    """
    counts: Counter[Status] = Counter()
    with ExitStack() as files:
        table = Table(files.enter_context(replacing(folder / "report.csv")), course)
        document = Document(files.enter_context(replacing(folder / "report.json")), course)
        for grade in grades:
            counts[grade.status] += 1
            table.add(grade)
            document.add(grade)
        document.end()
    return counts
