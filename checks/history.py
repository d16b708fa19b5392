"""The learner's own history: one line for each check, hint, solution and vote that brings news.

It lies beside the notebooks, is only ever appended to, and belongs to nobody else: git ignores it
and no mark depends on it. The code of an answer does not stand in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from io import RawIOBase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from checks import workplace
from checks.course import the_course

FILE = ".history.jsonl"
"""The name of the history in the folder of the notebooks."""


class _Line(BaseModel):
    # A newer course may say more than this one knows.
    model_config = ConfigDict(frozen=True, extra="ignore")

    at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    course: str = Field(default_factory=lambda: the_course().version)
    notebook: str = ""
    stage: str

    @property
    def subject(self) -> tuple[str, ...]:
        """What the line is about: a newer one on the same subject takes its place."""
        about = ("kind", "notebook", "stage", "exercise", "claim", "asked")
        return tuple(getattr(self, name, "") for name in about)


class Checked(_Line):
    """A check ran; `attempt` is the digest of what was handed over."""

    kind: Literal["check"] = "check"
    exercise: str
    outcome: str
    points: float
    attempt: str


class Hinted(_Line):
    """The hints up to `number` were shown."""

    kind: Literal["hint"] = "hint"
    exercise: str
    number: int


class Revealed(_Line):
    """The solution was shown; `anyway` says that no try came before."""

    kind: Literal["solution"] = "solution"
    exercise: str
    anyway: bool


class Voted(_Line):
    """A claim was voted on; `right` is what the experiment then showed of the vote."""

    kind: Literal["vote"] = "vote"
    claim: str
    asked: Literal["predict", "quiz"]
    vote: Literal["yes", "no"]
    right: bool


class Restored(_Line):
    """The pristine notebook was brought back: what was voted in it before is over."""

    kind: Literal["reset"] = "reset"


Entry = Checked | Hinted | Revealed | Voted | Restored

_ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])


def read(path: Path) -> tuple[list[Entry], int]:
    """The entries of a history file in their order, and how many damaged lines were skipped.

    A file that is not there has none. Raises OSError where one is there that cannot be read.
    """
    entries: list[Entry] = []
    damaged = 0
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return [], 0
    for line in lines:
        if not line.strip():
            continue
        try:
            entries.append(_ENTRY.validate_json(line))
        except ValidationError:
            damaged += 1
    return entries, damaged


def append(path: Path, entry: Entry) -> None:
    """Add one line in one write, so that two notebooks at once do not mix theirs.

    Raises OSError where nothing can be written.
    """
    line = entry.model_dump_json().encode() + b"\n"
    with path.open("a+b", buffering=0) as file:
        if _is_torn(file):
            line = b"\n" + line
        file.write(line)


def _news(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(exclude={"at", "course"})


def _is_torn(file: RawIOBase) -> bool:
    """Whether the last line of a file never reached its end: the disk was full, say."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


class History:
    """What was done in one notebook, as far as the kernel knows: read once, then kept up.

    `path` is the file; without one, everything is remembered as long as the kernel lives. `notebook`
    is the file name of the notebook; `saved` are the votes in the cards that it was saved with, which
    stand in where the history was lost.
    """

    def __init__(
        self,
        path: Path | None = None,
        notebook: str = "",
        saved: dict[tuple[str, str, str], str] | None = None,
    ) -> None:
        self.path = path
        self.notebook = notebook
        self.trouble = ""
        self._saved = saved or {}
        self._entries: list[Entry] = []
        self._last: dict[tuple[str, ...], Entry] = {}
        if path is not None:
            try:
                for entry in read(path)[0]:
                    self._keep(entry)
            except OSError as error:
                self.trouble = f"it cannot be read: {error.strerror}"

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def note(self, entry: Entry) -> None:
        """Remember an entry, in the file too where that is possible; raises nothing.

        One that only says again what was said last of its subject adds no line: a cell was run again.
        """
        entry = entry.model_copy(update={"notebook": self.notebook})
        last = self._last.get(entry.subject)
        if last is not None and _news(last) == _news(entry):
            return
        self._keep(entry)
        if self.path is None:
            return
        try:
            append(self.path, entry)
        except OSError as error:
            self.trouble = f"it cannot be written: {error.strerror}"

    def _keep(self, entry: Entry) -> None:
        self._entries.append(entry)
        if isinstance(entry, Restored):
            over = entry.notebook, entry.stage
            self._last = {
                subject: each
                for subject, each in self._last.items()
                if (each.notebook, each.stage) != over
            }
        else:
            self._last[entry.subject] = entry

    def vote(self, stage: str, claim: str, asked: str) -> str | None:
        """The vote on a claim that stands in this notebook, or None."""
        last = self._last.get(("vote", self.notebook, stage, "", claim, asked))
        return last.vote if isinstance(last, Voted) else self._saved.get((stage, claim, asked))

    def tried(self, stage: str, exercise: str) -> bool:
        """Whether an answer that is not the blank was ever checked."""
        return any(
            entry.outcome in {"solved", "not yet"}
            for entry in self._entries
            if isinstance(entry, Checked) and (entry.stage, entry.exercise) == (stage, exercise)
        )

    def hints(self, stage: str, exercise: str) -> int:
        """How many hints were shown."""
        numbers = (
            entry.number
            for entry in self._entries
            if isinstance(entry, Hinted) and (entry.stage, entry.exercise) == (stage, exercise)
        )
        return max(numbers, default=0)


@cache
def the_history() -> History:
    """The history of the notebook that this kernel runs.

    It has a file only where a learner works: in a notebook that JupyterLab or VS Code opened in the
    `notebooks` folder of a course. Builds, tests and graders have no such notebook.
    """
    notebook = workplace.notebook()
    if notebook is None:
        return History()
    return History(notebook.parent / FILE, notebook.name, workplace.saved_votes(notebook))
