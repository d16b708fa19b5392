"""The progress of a learner on the terminal: `course progress`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checks import history
from checks.course import CourseError, read_course
from checks.course_progress import Progress, progress_of, skipped
from checks.display import VOTES_COUNTED

if TYPE_CHECKING:
    from rich.console import Console


def show_progress(root: Path) -> None:
    """Print how far the learner has come whose notebooks lie in the course at `root`.

    Raises CourseError where the history is there and cannot be read.
    """
    from rich.console import Console

    path = root / "notebooks" / history.FILE
    try:
        entries, damaged = history.read(path)
    except OSError as error:
        where = path.relative_to(root).as_posix()
        raise CourseError(f"{where}: cannot be read: {error.strerror}") from None
    course = read_course(root, notebooks_exist=False)
    remarks = (skipped(damaged),) if damaged else ()
    _print(Console(highlight=False), root, progress_of(course, entries, remarks))


def _print(console: Console, root: Path, progress: Progress) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False)
    table.add_column("", footer="")
    table.add_column("Stage", footer="The whole course")
    table.add_column("Solved", str(progress.solved), justify="right")
    table.add_column("Points", str(progress.points), justify="right")
    table.add_column("Predicted", justify="right")
    table.add_column("Quiz", justify="right")
    for each in progress.stages:
        table.add_row(
            "[green]✔[/]" if each.done else "",
            f"{each.stage.number} · {escape(each.stage.title)}",
            *map(str, (each.solved, each.points, each.predictions, each.quiz)),
        )
    console.print(table)
    console.print(f"{VOTES_COUNTED}\n")
    for heading, mark, sentences in (
        ("Busted: judged wrongly before the lesson, rightly after it", "✔", progress.busted),
        ("Still to be settled: judged wrongly when asked last", "✘", progress.alive),
    ):
        if sentences:
            console.print(heading)
            for sentence in sentences:
                console.print(f"  {mark} {sentence}", markup=False)
            console.print()
    if progress.next is None:
        console.print("Every exercise is solved.")
    else:
        stage, entry = progress.next
        notebook = root / "notebooks" / f"{stage.stem}.ipynb"
        console.print(
            f"Go on with [bold]{escape(entry.title)}[/] in "
            f"[link={notebook.as_uri()}]notebooks/{notebook.name}[/link]"
        )
    for remark in progress.remarks:
        console.print(remark, markup=False)
