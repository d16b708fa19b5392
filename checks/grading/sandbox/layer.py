"""The layers of the sandbox, what each of them closes, and the levels that they add up to."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, IntEnum, StrEnum, auto


class Layer(StrEnum):
    """One means of isolation; the value is its name in reports."""

    LIMITS = "resource limits"
    BUBBLEWRAP = "bubblewrap"
    NAMESPACES = "namespaces"
    USER = "another user"
    LANDLOCK = "Landlock"
    LANDLOCK_SCOPE = "Landlock for signals"
    SECCOMP = "seccomp"


class Level(IntEnum):
    """How far a hand-in is held back; each level includes the ones below it."""

    NONE = 0
    LIMITS = 1
    PARTIAL = 2
    CONFINED = 3
    FULL = 4

    @property
    def sentence(self) -> str:
        """What holds at this level, in one sentence for the report."""
        return _SENTENCES[self]


_SENTENCES = {
    Level.NONE: "Nothing but the time limit holds a hand-in back.",
    Level.LIMITS: "Memory, file sizes and time are limited; files and network are within reach.",
    Level.PARTIAL: "Memory, file sizes and time are limited; some of files, network and other "
    "processes are within reach.",
    Level.CONFINED: "A hand-in reaches no file but its own and the libraries, no network and no "
    "other process; how much it writes in all is not limited.",
    Level.FULL: "A hand-in reaches no file but its own and the libraries, no network and no other "
    "process, and nothing of what it writes or starts outlives it.",
}


class _Danger(Enum):
    FILES = auto()
    NETWORK = auto()
    SIGNALS = auto()
    LEFTOVERS = auto()


_CLOSES = {
    Layer.LIMITS: frozenset[_Danger](),
    Layer.BUBBLEWRAP: frozenset({_Danger.NETWORK}),
    Layer.NAMESPACES: frozenset({_Danger.NETWORK, _Danger.SIGNALS, _Danger.LEFTOVERS}),
    Layer.USER: frozenset({_Danger.SIGNALS}),
    Layer.LANDLOCK: frozenset({_Danger.FILES}),
    Layer.LANDLOCK_SCOPE: frozenset({_Danger.SIGNALS}),
    Layer.SECCOMP: frozenset({_Danger.NETWORK, _Danger.SIGNALS, _Danger.LEFTOVERS}),
}


def reached(layers: Collection[Layer]) -> Level:
    """The level that these layers add up to."""
    if not layers:
        return Level.NONE
    closed = frozenset[_Danger]().union(*(_CLOSES[layer] for layer in layers))
    # Bubblewrap alone shows a hand-in what it shows the worker, the solutions for instance.
    if {Layer.BUBBLEWRAP, Layer.NAMESPACES} <= set(layers):
        closed |= {_Danger.FILES}
    if closed == frozenset(_Danger):
        walls = {Layer.NAMESPACES, Layer.LANDLOCK, Layer.SECCOMP}
        return Level.FULL if walls <= set(layers) else Level.CONFINED
    return Level.PARTIAL if closed else Level.LIMITS
