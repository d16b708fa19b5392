"""Both notebooks of a stage, built from its source: executed, stripped, the same bytes each time.

The learner's one is written twice: where learners open it, and where `course reset` finds it again.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from checks.answers import canaries_path, canaries_text
from checks.authoring.source import Cell, Kind, Source, SourceError, read_source
from checks.course import read_course
from checks.display import WIDGET_MIME
from checks.upkeep.files import pristine_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checks.course import StageEntry

TIMEOUT = 60
"""Seconds that one cell may take."""

_LOCKS = {
    Kind.SETUP: {"editable": False, "deletable": False},
    Kind.CHECK: {"editable": False, "deletable": False},
    Kind.EXERCISE: {"deletable": False},
}
# A learner finds out by running these; what the others show beforehand spoils nothing.
_WITHOUT_OUTPUT = {Kind.SETUP, Kind.EXAMPLE, Kind.EXERCISE, Kind.DEMO}

_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
# Without the version, which would differ from machine to machine.
_LANGUAGE = {
    "name": "python",
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "codemirror_mode": {"name": "ipython", "version": 3},
}


class Role(StrEnum):
    """Which of the two notebooks of a stage it is."""

    LEARNER = "learner"
    SOLVED = "solved"

    @property
    def folder(self) -> str:
        """Where notebooks of this role lie in the course."""
        return "notebooks" if self is Role.LEARNER else "solutions"


def build_stage(root: Path, stage: StageEntry) -> dict[str, bytes]:
    """Build both notebooks of a stage in the course at `root`, without writing them.

    Returns the bytes of each, of the learner's pristine copy and of the canaries among the answers, by
    their paths in the course. Raises SourceError where the source is not as it should be or a cell
    raises, CourseError where `course.yml` or an answer is not.
    """
    return _run(root, _draft(root, stage))


def write_stage(root: Path, stage: StageEntry) -> dict[str, bool]:
    """Build both notebooks of a stage, with what goes with them, and write them.

    Returns by path whether the file's content changed. Raises what `build_stage` raises; the files
    are then as they were.
    """
    draft = _draft(root, stage)
    with _solution_at_hand(root, draft):
        built = _run(root, draft)
    changed = {name: _content(root / name) != content for name, content in built.items()}
    for name, content in built.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return changed


def stale_files(root: Path, stage: StageEntry) -> list[str]:
    """The paths of the stage's notebooks that are not what a build would write.

    Raises what `build_stage` raises.
    """
    built = build_stage(root, stage)
    return [name for name, content in built.items() if _content(root / name) != content]


@dataclass(frozen=True)
class _Draft:
    """The source of a stage and its two notebooks, which are executed in place."""

    stage: StageEntry
    source: Source
    notebooks: dict[Role, Any]

    def path(self, role: Role) -> str:
        return f"{role.folder}/{self.stage.stem}.ipynb"


def _draft(root: Path, stage: StageEntry) -> _Draft:
    source = read_source(root, stage)
    version = read_course(root, notebooks_exist=False).version
    return _Draft(stage, source, {role: _notebook(source, stage, version, role) for role in Role})


def _run(root: Path, draft: _Draft) -> dict[str, bytes]:
    asyncio.run(_execute_all(root, draft))
    built = {draft.path(role): _finished(draft.notebooks[role], role) for role in Role}
    pristine = pristine_path(root, draft.stage).relative_to(root).as_posix()
    built[pristine] = built[draft.path(Role.LEARNER)]
    if (canaries := canaries_text(draft.stage, root)) is not None:
        path = canaries_path(root, draft.stage).relative_to(root).as_posix()
        built[path] = canaries.encode()
    return built


def _notebook(source: Source, stage: StageEntry, version: str, role: Role) -> Any:
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells = []
    for cell in source.cells:
        text = cell.solved if role is Role.SOLVED else cell.learner
        if cell.kind is Kind.PROSE:
            cells.append(new_markdown_cell(text, id=cell.id, metadata=_metadata(cell, role)))
        else:
            cells.append(new_code_cell(text, id=cell.id, metadata=_metadata(cell, role)))
    about = {
        "stage": stage.id,
        "number": stage.number,
        "course_version": version,
        "role": str(role),
        "source": source.name,
        "built_by": "course build",
    }
    metadata = {"kernelspec": _KERNEL, "language_info": _LANGUAGE, "course": about}
    notebook = new_notebook(cells=cells, metadata=metadata)
    notebook.nbformat_minor = 5
    return notebook


def _metadata(cell: Cell, role: Role) -> dict[str, Any]:
    about = {"kind": str(cell.kind), "exercise": cell.exercise, "why": cell.why}
    if cell.kind is Kind.EXERCISE and role is Role.SOLVED:
        about["blank"] = cell.learner  # a check asks whether it was left as it is
    said = {key: value for key, value in about.items() if value is not None}
    return {**cell.metadata, **_LOCKS.get(cell.kind, {}), "course": said}


async def _execute_all(root: Path, draft: _Draft) -> None:
    with TemporaryDirectory() as sockets:
        runs = (_execute(root, draft, role, Path(sockets)) for role in Role)
        said = await asyncio.gather(*runs)
    problems = [problem for problem in said if problem]
    if problems:
        raise SourceError(problems)


async def _execute(root: Path, draft: _Draft, role: Role, sockets: Path) -> str:
    """Run all cells of a notebook in its own folder; returns what went wrong, or nothing."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    folder = root / role.folder
    folder.mkdir(exist_ok=True)
    running = 0

    def started(cell: Any, cell_index: int) -> None:
        nonlocal running
        running = cell_index

    client = NotebookClient(
        draft.notebooks[role],
        config=_reached_through(sockets / f"{role}.json"),
        timeout=TIMEOUT,
        kernel_name=_KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        on_cell_start=started,
    )
    try:
        await client.async_execute(env=_nobodys_environment())
    except CellExecutionError as error:
        trouble = f"raises {error.ename}: {error.evalue}".split("\n")[0]
    except CellTimeoutError:
        trouble = f"takes longer than {TIMEOUT} seconds"
    except DeadKernelError:
        trouble = "ends its kernel"
    else:
        return ""
    cell = draft.source.cells[running]
    return f"{draft.source.name}:{cell.line}: cell {cell.id} of the {role} notebook {trouble}"


def _nobodys_environment() -> dict[str, str]:
    """The environment without the notebook that JupyterLab names in it: a build is no learner."""
    return {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}


def _reached_through(connection_file: Path) -> Any:
    """How a kernel is reached: by sockets of its own, since another process may take a TCP port."""
    from traitlets.config import Config

    if os.name == "posix":
        return Config(KernelManager={"transport": "ipc", "connection_file": str(connection_file)})
    # In clear text, the kernel would warn of it on the terminal at every start.
    return Config(KernelManager={"transport_encryption": "auto"})


def _finished(notebook: Any, role: Role) -> bytes:
    """Strip what differs from run to run, and what the learner must not see yet."""
    import nbformat

    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = nbformat.from_dict(_LANGUAGE)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        cell.outputs = _stable(cell.outputs)
        if role is Role.LEARNER and cell.metadata["course"]["kind"] in _WITHOUT_OUTPUT:
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(notebook)
    return _bytes(notebook)


def _stable(outputs: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
            continue
        if output.output_type == "error":
            output.traceback = [f"{output.ename}: {output.evalue}"]
        output.get("data", {}).pop(WIDGET_MIME, None)
        kept.append(output)
    return kept


@contextmanager
def _solution_at_hand(root: Path, draft: _Draft) -> Iterator[None]:
    """Lay the solved notebook on disk while the cells run: what a check says may draw on it.

    Without it, a first build would store other outputs than a second one.
    """
    path = root / draft.path(Role.SOLVED)
    before = _content(path)
    path.write_bytes(_bytes(draft.notebooks[Role.SOLVED]))
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


def _bytes(notebook: Any) -> bytes:
    import nbformat

    return f"{nbformat.writes(notebook)}\n".encode()


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
