"""The sandbox as the grader has it: which layers this machine offers, and which it lacks."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from checks.grading.sandbox import bubblewrap
from checks.grading.sandbox.enclosure import Enclosure
from checks.grading.sandbox.layer import Layer, Level, reached
from checks.grading.sandbox.view import View


@dataclass(frozen=True)
class Sandbox:
    """The layers that hold here; `missing` has a sentence for each other one: why, and how to get it."""

    layers: tuple[Layer, ...]
    missing: tuple[str, ...]
    view: View

    @property
    def level(self) -> Level:
        """How far a hand-in is held back."""
        return reached(self.layers)

    @property
    def scratch(self) -> Path | None:
        """The one folder that a wrapped worker can write in; None where it is not wrapped."""
        return bubblewrap.SCRATCH if Layer.BUBBLEWRAP in self.layers else None

    def wrap(self, command: list[str]) -> list[str]:
        """The command of a worker, wrapped where bubblewrap is among the layers.

        The environment is that of the caller. A wrapped command ends with the thread that starts it.
        """
        if Layer.BUBBLEWRAP in self.layers:
            return bubblewrap.wrap(command, self.view)
        return command

    def settle(self, folder: Path) -> Enclosure:
        """Called once in a worker, before it has a second thread; see `Enclosure`."""
        return Enclosure(self.layers, self.view, folder)

    def with_layers(self, *layers: Layer) -> Sandbox:
        """This sandbox with further layers upon its own."""
        return replace(self, layers=(*self.layers, *layers))

    def dumps(self) -> str:
        """What a worker needs to know of it, as one line of JSON."""
        view = {
            "readable": list(map(str, self.view.readable)),
            "hidden": list(map(str, self.view.hidden)),
            "first": list(map(str, self.view.first)),
        }
        return json.dumps({"layers": self.layers, **view})

    @classmethod
    def loads(cls, text: str) -> Sandbox:
        """The sandbox that `dumps` has written; it says of no layer why it is missing."""
        told = json.loads(text)
        view = View(*(tuple(map(Path, told[name])) for name in ("readable", "hidden", "first")))
        return cls(tuple(map(Layer, told["layers"])), (), view)


def require(sandbox: Sandbox, level: Level) -> None:
    """Raise GradingError unless the sandbox reaches the level; it says what is missing."""
    if sandbox.level >= level:
        return
    from checks.grading.status import GradingError

    raise GradingError(
        f"the sandbox reaches level {sandbox.level:d} ({sandbox.level.name.lower()}) on this "
        f"machine, and level {level:d} ({level.name.lower()}) was asked for: "
        + "; ".join(sandbox.missing)
    )
