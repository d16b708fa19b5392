"""The command line: `course …`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from checks.course import ROOT, CourseError, read_course

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def course() -> None:
    """Work with the course: keep your copy in order, grade hand-ins, build the notebooks."""


@app.command()
def grade(
    hand_ins: Annotated[
        Path,
        typer.Argument(
            metavar="HANDINS",
            help="A folder per learner, or a folder of notebooks.",
            show_default=False,
        ),
    ],
    report: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="REPORT",
            help="The folder for report.csv and report.json.",
            show_default=False,
        ),
    ],
    jobs: Annotated[
        int | None, typer.Option(help="How many hand-ins run at once.", show_default="one per core")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that each hand-in may take.")] = 60,
) -> None:
    """Grade every hand-in of a folder, and write a report."""
    from checks.grading.command import grade_folder

    with _one_line_each():
        grade_folder(hand_ins, report, jobs=jobs, timeout=timeout)


Root = Annotated[
    Path,
    typer.Option(
        help="The folder with course.yml.",
        exists=True,
        file_okay=False,
        resolve_path=True,
        show_default=False,
    ),
]


@app.command()
def build(
    stage: Annotated[
        str | None,
        typer.Argument(help="Only this stage: its id, stem or number.", show_default=False),
    ] = None,
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; say which notebooks are stale or edited."),
    ] = False,
    root: Root = ROOT,
) -> None:
    """Build the notebooks from solutions/*.py, or check that they are what a build would write."""
    from checks.authoring.build import stale_files, write_stage

    with _one_line_each():
        course = read_course(root, notebooks_exist=False)
        stages = course.stages if stage is None else (course.stage(stage),)
        stale = []
        for each in stages:
            if check:
                stale += stale_files(root, each)
                continue
            for name, changed in write_stage(root, each).items():
                typer.echo(f"{name}: {'written' if changed else 'unchanged'}")
    for name in stale:
        typer.echo(f"{name}: stale or edited by hand, run: course build")
    if stale:
        raise typer.Exit(1)
    if check:
        typer.echo(f"{2 * len(stages)} notebooks are as a build would write them")


@app.command()
def lint(*, root: Root = ROOT) -> None:
    """Hold every lesson against the rules that all lessons keep."""
    from checks.authoring.lint import lint as hold

    with _one_line_each():
        report = hold(root, read_course(root, notebooks_exist=False))
    for problem in report.problems:
        typer.echo(problem)
    if report.problems:
        raise typer.Exit(1)
    counts = ", ".join(f"{what}: {count:,}" for what, count in report.counts.items())
    typer.echo(f"nothing to complain about: {counts}")


@app.command()
def progress(*, root: Root = ROOT) -> None:
    """Show how far you have come: exercises, points, myths, and where to go on."""
    from checks.progress_table import show_progress

    with _one_line_each():
        show_progress(root)


@app.command()
def reset(
    stage: Annotated[
        str, typer.Argument(help="The stage: its id, stem or number.", show_default=False)
    ],
    *,
    root: Root = ROOT,
) -> None:
    """Bring a stage's notebook back as it was released; yours is kept beside it."""
    from checks.upkeep.reset import reset as bring_back

    with _one_line_each():
        course = read_course(root, notebooks_exist=False)
        typer.echo(bring_back(root, course.stage(stage), datetime.now()))


@app.command()
def update(
    older: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="An older copy of the course, whose work is brought into this one.",
            show_default=False,
        ),
    ] = None,
    *,
    root: Root = ROOT,
) -> None:
    """Take the newest release of the course, and carry your work into it."""
    from checks.upkeep.bring import bring
    from checks.upkeep.install import install_requirements
    from checks.upkeep.update import update as take_newest

    with _one_line_each():
        if older is not None:
            bring(older, root, read_course(root, notebooks_exist=False), typer.echo)
        else:
            install = partial(install_requirements, root, typer.echo)
            take_newest(root, typer.echo, install, datetime.now())


@app.command()
def doctor(*, root: Root = ROOT) -> None:
    """Find out what is wrong with this installation, and how to mend it."""
    from checks.upkeep.doctor import examine

    with _one_line_each():
        if not examine(root, typer.echo):
            raise typer.Exit(1)


@contextmanager
def _one_line_each() -> Iterator[None]:
    """Say what the course complains of without a traceback, and leave with exit code 2."""
    try:
        yield
    except CourseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def main() -> None:
    """Run the command line; what the terminal cannot show comes as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
