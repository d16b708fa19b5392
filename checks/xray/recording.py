"""What happened while something was recorded, and what can be counted in it."""

from __future__ import annotations

from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from checks.xray.drawing import sequence_diagram, timeline
from checks.xray.event import Event, Kind, Lane


class Recording:
    """What happened, in the order in which it happened; shows itself as text and as a diagram."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._sessions: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._session_count = 0
        self._out = 0
        self._peak = 0
        self._ended = False
        self._lock = Lock()

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything recorded so far."""
        return tuple(self._events)

    def of(self, kind: Kind) -> tuple[str, ...]:
        """The texts of the events of one kind: statements, requests, status lines."""
        return tuple(each.text for each in self._events if each.kind is kind)

    @property
    def statements(self) -> tuple[str, ...]:
        """The SQL that was sent, in its order, each statement on one line."""
        return self.of(Kind.STATEMENT)

    @property
    def transactions(self) -> int:
        """How many transactions were begun."""
        return len(self.of(Kind.BEGIN))

    @property
    def commits(self) -> int:
        """How many transactions were committed."""
        return len(self.of(Kind.COMMIT))

    @property
    def rollbacks(self) -> int:
        """How many transactions were rolled back, also by closing a session or connection."""
        return len(self.of(Kind.ROLLBACK))

    @property
    def sessions(self) -> int:
        """How many different ORM sessions were at work."""
        return self._session_count

    @property
    def peak_connections(self) -> int:
        """The most connections that were out of their pools at the same time."""
        return self._peak

    @property
    def connections_out(self) -> int:
        """How many of the connections that were taken had not come back when recording ended."""
        return self._out

    def order(self, *kinds: Kind) -> tuple[Kind, ...]:
        """The kinds of the events in their order, only these kinds where any are given."""
        return tuple(each.kind for each in self._events if not kinds or each.kind in kinds)

    def only(self, *kinds: Kind) -> Recording:
        """A recording with the events of these kinds alone: for a diagram that stays short."""
        shown = Recording()
        shown._events = [each for each in self._events if each.kind in kinds]
        return shown

    def note(self, kind: Kind, text: str, actor: Lane = Lane.CODE) -> None:
        """Add an event at the end, as long as the recording goes on."""
        if not self._ended:
            self._events.append(Event(kind, " ".join(text.split()), actor))

    def name_of(self, session: Any) -> str:
        """What the session is called here: `session 1` is the first that was seen."""
        with self._lock:
            if session not in self._sessions:
                self._session_count += 1
                self._sessions[session] = self._session_count
            return f"session {self._sessions[session]}"

    def connection_moved(self, kind: Kind, actor: Lane) -> None:
        """Note that a connection left its pool or came back, and count it."""
        with self._lock:
            if self._ended:
                return
            self._out += 1 if kind is Kind.CONNECTION_OUT else -1
            self._peak = max(self._peak, self._out)
            self.note(kind, f"{kind} ({self._out} out)", actor)

    def end(self) -> None:
        """From now on nothing is added any more, whatever still comes in late."""
        with self._lock:
            self._ended = True

    def __repr__(self) -> str:
        return timeline(self.events)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/vnd.mermaid": sequence_diagram(self.events), "text/plain": repr(self)}
