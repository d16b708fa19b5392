"""The schema of a gradebook, brought to the newest version by Alembic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0002"
"""The revision that the models are of; with it at hand, Alembic is only imported for an upgrade."""


class TooNewError(Exception):
    """The gradebook has a schema that this release does not know."""


def schema_version(connection: Connection) -> str | None:
    """The revision of a gradebook, or None before its first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def upgrade(connection: Connection, to: str = NEWEST) -> None:
    """Bring the schema to a revision, within the transaction that `connection` is in.

    Raises TooNewError where the gradebook's own revision is unknown here.
    """
    version = schema_version(connection)
    if version == to:
        return
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise TooNewError(version)
    command.upgrade(config, to)


def alembic_config(connection: Connection) -> Config:
    """The configuration by which Alembic finds the migrations, and works on `connection`."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "checks.grading.gradebook:migrations")
    config.set_main_option("path_separator", "os")
    return config
