"""The doctor's trial: a real kernel, started as JupyterLab starts it, solves and checks an exercise."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import Any

from checks.course import StageEntry
from checks.installed import install_command
from checks.upkeep.cells import Cell, NoNotebookError, exercise, kind, parse, source
from checks.upkeep.files import pristine_path
from checks.upkeep.finding import Finding, advice, good, wrong

PATIENCE = 60
"""Seconds for the kernel to start, and for each cell."""

_WHERE = "import sys, checks; print(sys.prefix, checks.__file__, sep='\\n')"
_START = "{} lab"


def jupyter_on_path(found: str | None) -> Iterator[Finding]:
    """Whether a plain `jupyter lab` starts this environment; takes what `jupyter` on the PATH is."""
    ours = Path(sys.executable).parent
    if found is not None and Path(found).parent.resolve() != ours.resolve():
        yield advice(
            f"a plain `jupyter lab` starts another environment: {found}",
            f"start it as: {_START.format(ours / 'jupyter')}",
        )


def trial(root: Path, stage: StageEntry, kernel: str = "python3") -> Iterator[Finding]:
    """Whether a kernel starts, is of this environment and this course, and a check works in it."""
    try:
        with _started(root, kernel) as client:
            yield good("a kernel starts")
            yield from _place(client, root)
            yield from _check(client, root, stage)
    except _Failed as failed:
        yield wrong(str(failed), install_command(root))


class _Failed(Exception):
    """The trial cannot go on; the message says why."""


@contextmanager
def _started(root: Path, name: str) -> Iterator[Any]:
    from jupyter_client.kernelspec import NoSuchKernel
    from jupyter_client.manager import KernelManager

    with TemporaryDirectory() as sockets:
        manager = KernelManager(kernel_name=name)
        if os.name == "posix":
            manager.transport, manager.connection_file = "ipc", f"{sockets}/kernel.json"
        client = None
        try:
            manager.start_kernel(cwd=str(root / "notebooks"))
            client = manager.client()
            client.start_channels()
            client.wait_for_ready(timeout=PATIENCE)
            yield client
        except NoSuchKernel:
            raise _Failed(f"there is no kernel named {name}: ipykernel is missing") from None
        except (RuntimeError, OSError) as error:
            raise _Failed(f"the kernel does not start: {_first_line(error)}") from None
        finally:
            if client is not None:
                client.stop_channels()
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)
            manager.cleanup_resources()


def _place(client: Any, root: Path) -> Iterator[Finding]:
    prefix, package = _run(client, _WHERE).splitlines()[:2]
    if Path(prefix).resolve() != Path(sys.prefix).resolve():
        yield wrong(
            f"notebooks run in another environment: {prefix}",
            "in JupyterLab choose Kernel › Change Kernel…, and start it from this environment: "
            + _START.format(Path(sys.executable).parent / "jupyter"),
        )
    if not Path(package).resolve().is_relative_to(root.resolve()):
        yield wrong(
            f"notebooks take the checks from another copy of the course: {Path(package).parent.parent}",
            install_command(root),
        )


def _check(client: Any, root: Path, stage: StageEntry) -> Iterator[Finding]:
    entry = stage.exercises[0]
    cells, solved = _lesson(root, stage)
    expected = "Solved" if solved else "Not attempted yet"
    said = ""
    for cell in cells:
        if kind(cell) == "setup" or (exercise(cell) == entry.id and kind(cell) != "prose"):
            said = _run(client, source(cell))
        if kind(cell) == "check" and exercise(cell) == entry.id:
            break
    if expected in said.partition("\n")[0]:
        yield good(f"a check works from end to end: {entry.title}")
    else:
        yield wrong(
            f"the check of {entry.id} should say {expected!r}, and says: {said.partition(chr(10))[0]!r}",
            install_command(root),
        )


def _lesson(root: Path, stage: StageEntry) -> tuple[list[Cell], bool]:
    """The cells of a stage, and whether they are solved: `solutions/` may have been left out."""
    for path, solved in (
        (root / "solutions" / f"{stage.stem}.ipynb", True),
        (pristine_path(root, stage), False),
    ):
        try:
            return parse(path.read_bytes())["cells"], solved
        except (OSError, NoNotebookError):
            continue
    raise _Failed(f"no notebook of stage {stage.number} can be read to try a check")


def _run(client: Any, code: str) -> str:
    """What a cell prints or shows as text; raises _Failed where it raises or takes too long."""
    said: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream" and content["name"] == "stdout":
            said.append(content["text"])
        elif message["msg_type"] in {"execute_result", "display_data"}:
            said.append(content["data"].get("text/plain", ""))

    try:
        reply = client.execute_interactive(
            code, timeout=PATIENCE, output_hook=hear, allow_stdin=False
        )["content"]
    except (TimeoutError, Empty):
        raise _Failed(f"a cell takes longer than {PATIENCE} seconds") from None
    if reply["status"] != "ok":
        raise _Failed(f"a cell raises {reply.get('ename')}: {_first_line(reply.get('evalue', ''))}")
    return "".join(said)


def _first_line(said: object) -> str:
    return (str(said).splitlines() or [""])[0]
