"""One thing that happens in a request: what it is, who does it, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """Who takes part in a request."""

    CLIENT = "Client"
    FASTAPI = "FastAPI"
    DEPENDENCY = "Dependency"
    ENDPOINT = "Endpoint"
    BACKGROUND = "Background task"
    CODE = "Your code"
    SQLALCHEMY = "SQLAlchemy"
    DATABASE = "Database"


class Kind(StrEnum):
    """What can happen in a request."""

    REQUEST = "request"
    DEPENDENCY_ENTERED = "dependency entered"
    DEPENDENCY_RESUMED = "dependency resumed"
    DEPENDENCY_LEFT = "dependency left"
    ENDPOINT = "endpoint"
    ENDPOINT_RETURNS = "endpoint returns"
    ENDPOINT_RAISES = "endpoint raises"
    SESSION_BEGINS = "session begins"
    SESSION_CLOSES = "session closes"
    CONNECTION_OPENED = "connection opened"
    CONNECTION_OUT = "connection out"
    CONNECTION_BACK = "connection back"
    BEGIN = "begin"
    STATEMENT = "statement"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    RESPONSE_START = "response start"
    RESPONSE_BODY = "response body"
    BACKGROUND_TASK = "background task"
    BACKGROUND_TASK_DONE = "background task done"


_LANES = {
    Kind.REQUEST: (Lane.CLIENT, Lane.FASTAPI),
    Kind.DEPENDENCY_ENTERED: (Lane.FASTAPI, Lane.DEPENDENCY),
    Kind.DEPENDENCY_RESUMED: (Lane.FASTAPI, Lane.DEPENDENCY),
    Kind.DEPENDENCY_LEFT: (Lane.DEPENDENCY, Lane.FASTAPI),
    Kind.ENDPOINT: (Lane.FASTAPI, Lane.ENDPOINT),
    Kind.ENDPOINT_RETURNS: (Lane.ENDPOINT, Lane.FASTAPI),
    Kind.ENDPOINT_RAISES: (Lane.ENDPOINT, Lane.FASTAPI),
    Kind.CONNECTION_OPENED: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.BEGIN: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.STATEMENT: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.COMMIT: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.ROLLBACK: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.RESPONSE_START: (Lane.FASTAPI, Lane.CLIENT),
    Kind.RESPONSE_BODY: (Lane.FASTAPI, Lane.CLIENT),
    Kind.BACKGROUND_TASK: (Lane.FASTAPI, Lane.BACKGROUND),
    Kind.BACKGROUND_TASK_DONE: (Lane.BACKGROUND, Lane.FASTAPI),
}
"""From whom to whom; what stands not here goes from whoever acts to SQLAlchemy."""


@dataclass(frozen=True)
class Event:
    """One thing that happened; `text` carries no id, no time and no path.

    `actor` is who was at work: the lane from which SQLAlchemy was called.
    """

    kind: Kind
    text: str
    actor: Lane = Lane.CODE

    @property
    def lanes(self) -> tuple[Lane, Lane]:
        """From whom to whom it went."""
        if self.kind is Kind.CONNECTION_BACK:
            return Lane.SQLALCHEMY, self.actor
        return _LANES.get(self.kind, (self.actor, Lane.SQLALCHEMY))
