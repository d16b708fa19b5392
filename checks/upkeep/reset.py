"""`course reset`: the notebook of a stage as it was released, the learner's one kept beside it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from checks.course import StageEntry
from checks.upkeep.files import keep_aside, pristine_path, read, replace, shown

RELOAD = (
    "If it is open in JupyterLab, choose File › Reload Notebook from Disk; "
    "if JupyterLab asks about a changed file, choose Revert."
)


def reset(root: Path, stage: StageEntry, now: datetime) -> str:
    """Bring back the released notebook of a stage in the course at `root`.

    The notebook that is there is kept first, under a name with the date `now`. Returns a sentence
    that says what was done. Raises UpkeepError where a file cannot be read or written; the notebook
    is then as it was.
    """
    notebook = root / "notebooks" / f"{stage.stem}.ipynb"
    name = shown(notebook, root)
    pristine = read(pristine_path(root, stage), root)
    if not notebook.exists():
        replace(notebook, pristine, root)
        return f"{name} was missing; it is back."
    if _cells(read(notebook, root)) == _cells(pristine):
        return f"{name} is as it was released: there is nothing to do."
    kept = keep_aside(notebook, root, now)
    replace(notebook, pristine, root)
    _note(notebook, stage)
    return f"{name} is as it was released. Yours is kept: {shown(kept, root)}\n{RELOAD}"


def _note(notebook: Path, stage: StageEntry) -> None:
    """Say in the history that what was voted in the notebook is over."""
    from checks.history import FILE, Restored, append

    history = notebook.parent / FILE
    # Without a history there is nothing to end; one that cannot be written must not undo the reset.
    if history.exists():
        with suppress(OSError):
            append(history, Restored(stage=stage.id, notebook=notebook.name))


def _cells(content: bytes) -> Any:
    """The cells of a notebook: what JupyterLab notes beside them at each opening is no work."""
    try:
        return json.loads(content)["cells"]
    except (ValueError, KeyError, TypeError):
        return None
