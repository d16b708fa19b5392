"""The command line: `course …`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from typer._click.exceptions import UsageError
from typer.core import TyperGroup

from checks.course import ROOT, CourseError, read_course


class _OneLineErrors(TyperGroup):
    """Says what is wrong with the options in one line, where Typer would draw a box of five."""

    def main(self, *arguments: Any, **named: Any) -> Any:
        if not named.get("standalone_mode", True):
            return super().main(*arguments, **named)
        try:
            code = super().main(*arguments, **{**named, "standalone_mode": False})
        except UsageError as error:
            if said := " ".join(error.format_message().split()).rstrip("."):
                command = error.ctx.command_path if error.ctx else "course"
                typer.echo(f"{said}; see: {command} --help", err=True)
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)


def _path(text: str) -> Path:
    """The path that was given; an empty one, which would be the current folder, is refused."""
    if not text:
        raise typer.BadParameter("the path is empty; name a place, or . for the current folder")
    return Path(text)


app = typer.Typer(
    cls=_OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def course() -> None:
    """Work with the course: keep your copy in order, grade hand-ins, build the notebooks."""


@app.command()
def grade(
    hand_ins: Annotated[
        Path,
        typer.Argument(
            metavar="HANDINS",
            parser=_path,
            help="A folder per learner, a folder of notebooks, or a zip file of either.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            parser=_path,
            help="The folder of the report and the gradebook.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="How many hand-ins run at once.", show_default="one per core")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Grade on the Dask cluster of this scheduler.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that each hand-in may take.")] = 60,
    *,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Run every code cell, not only those that grading needs."),
    ] = False,
    portable: Annotated[
        bool,
        typer.Option("--portable", help="Run each hand-in in a Jupyter kernel, as on Windows."),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Refuse to run where hand-ins cannot be confined."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Grade again what has not changed, too.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LEARNER",
            help="Grade what this learner handed in, and leave the others as they are.",
            show_default=False,
        ),
    ] = None,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Delete from the gradebook what is not among the hand-ins."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Write nothing; say whose mark would change, and why."),
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            parser=_path,
            help="With --dry-run: the report, or its gradebook, to compare with.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Grade every hand-in of a folder that is new or has changed, and write a report."""
    from checks.grading import command
    from checks.grading.options import Options

    with _one_line_each():
        options = Options(
            out=out,
            jobs=jobs,
            scheduler=scheduler,
            timeout=timeout,
            whole=whole,
            portable=portable,
            strict=strict,
            force=force,
            only=tuple(only or ()),
            prune=prune,
            dry_run=dry_run,
            against=against,
        )
        if not dry_run:
            command.grade_folder(hand_ins, options)
        elif command.dry_run(hand_ins, options):
            raise typer.Exit(1)


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
            parser=_path,
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
    """Say what the course complains of without a traceback, and leave with its exit code."""
    try:
        yield
    except CourseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from None


def main() -> None:
    """Run the command line; what the terminal cannot show comes as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
