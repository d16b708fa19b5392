"""`course doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import locale
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryFile

from checks.course import Course, read_course
from checks.upkeep import kernel, packages
from checks.upkeep.cells import NoNotebookError, parse
from checks.upkeep.files import pristine_path
from checks.upkeep.finding import Finding, State, advice, good, wrong

_SIGNS = {State.GOOD: "✔", State.ADVICE: "!", State.WRONG: "✘"}
_ROOM = 200 * 1024**2


def examine(root: Path, say: Callable[[str], None]) -> bool:
    """Examine the course at `root` and this environment, and say what is found.

    Returns whether nothing is wrong. Raises CourseError where `course.yml` cannot be read.
    """
    course = read_course(root, notebooks_exist=False)
    problems = 0
    for finding in findings(root, course):
        problems += finding.state is State.WRONG
        for line in _lines(finding):
            say(line)
    say("Everything is in order." if not problems else f"To be mended: {problems}")
    return not problems


def findings(root: Path, course: Course) -> Iterator[Finding]:
    """Everything the doctor looks at, the quick things first and a trial in a real kernel last."""
    yield from packages.python()
    yield from packages.requirements(root)
    yield from packages.settings(root)
    yield from kernel.jupyter_on_path(shutil.which("jupyter"))
    yield from encoding(locale.getencoding())
    yield from room(root / "notebooks", shutil.disk_usage(root).free)
    yield from notebooks(root, course)
    if course.stages:
        yield from kernel.trial(root, course.stages[0])


def encoding(name: str) -> Iterator[Finding]:
    """Whether text files are read as UTF-8 unless told otherwise."""
    if name.lower().replace("-", "") != "utf8":
        yield advice(
            f"text files are read as {name} here, not as UTF-8",
            "set the environment variable PYTHONUTF8=1",
        )


def room(folder: Path, free: int) -> Iterator[Finding]:
    """Whether notebooks can be saved in a folder, with so many bytes `free` on its disk."""
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        yield wrong(
            f"{folder.name}/ cannot be written: {error.strerror}",
            "make the folder writable, or copy the course to a place that is yours",
        )
        return
    if free < _ROOM:
        yield advice(f"only {free // 1024**2} MB are free on this disk", "make some room")
    yield good(f"{folder.name}/ can be written")


def notebooks(root: Path, course: Course) -> Iterator[Finding]:
    """Whether every notebook can be read, and how many were worked on."""
    worked = 0
    for stage in course.stages:
        path = root / "notebooks" / f"{stage.stem}.ipynb"
        mend = f"course reset {stage.number} brings it back, and keeps the one that is there"
        try:
            mine, released = parse(path.read_bytes()), pristine_path(root, stage).read_bytes()
            worked += mine["cells"] != parse(released)["cells"]
        except FileNotFoundError as error:
            yield wrong(f"{Path(error.filename).relative_to(root).as_posix()} is missing", mend)
        except (OSError, NoNotebookError) as error:
            yield wrong(f"notebooks/{path.name}: {error}", mend)
    yield good(f"{len(course.stages)} notebooks, {worked} of them worked on")
    if not all((root / "solutions" / f"{stage.stem}.ipynb").is_file() for stage in course.stages):
        yield advice(
            "the folder solutions/ is not complete: .solution() cannot show every answer",
            "take it from where you have the course",
        )


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{_SIGNS[finding.state]} {finding.what}"
    if finding.mend:
        yield f"    to mend it: {finding.mend}"
