"""What a backup holds: a manifest, then every table as it is, one line of JSON a row; the same for both databases.

Tables are read from the database itself and not from the models, so that a database behind this version can be
saved before it is migrated, and an older backup is loaded into the tables that it was made from.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from nimbus.database import revision_of
from nimbus.errors import NimbusError
from nimbus.models.instance import KEY_CANARY
from nimbus.security.canary import Canary

VERSION_TABLE = "alembic_version"
_BATCH = 1000


class NotMigrated(NimbusError):
    """The database has no tables of ours."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What somebody must know before a backup is loaded. `instance_keys` are the ids of the keys that it needs."""

    made_at: str  # ISO 8601, UTC
    revision: str  # of the migrations
    database: str  # sqlite or postgresql; it loads into either
    workspaces: int
    instance_keys: list[str]


def write_rows(connection: Connection, stream: IO[bytes], made_at: datetime) -> Manifest:
    """Write everything that the connection's transaction sees; NotMigrated when there is nothing of ours."""
    tables = _tables(connection)
    revision = revision_of(connection)
    if revision is None:
        raise NotMigrated("There is nothing to back up: the database has no tables yet.")
    manifest = Manifest(
        made_at=made_at.isoformat(timespec="seconds"),
        revision=revision,
        database=connection.dialect.name,
        workspaces=connection.scalar(sa.select(sa.func.count()).select_from(tables["workspace"])) or 0,
        instance_keys=sorted(_instance_keys(connection, tables)),
    )
    _write(stream, asdict(manifest))
    for table in tables.values():
        _write(stream, {"table": table.name, "columns": [column.name for column in table.columns]})
        rows = sa.select(table).order_by(*table.primary_key).execution_options(yield_per=_BATCH)
        with connection.execute(rows) as found:
            for row in found:
                _write(stream, [_written(value) for value in row])
    return manifest


def read_manifest(stream: IO[bytes]) -> Manifest:
    """The first line of a backup."""
    return Manifest(**json.loads(stream.readline()))


def load_rows(connection: Connection, stream: IO[bytes]) -> int:
    """Fill empty tables of the backup's revision with what follows the manifest; returns how many rows that were."""
    tables = _tables(connection)
    loaded = 0
    for head, batch in _batches(stream):
        table = tables[head["table"]]
        readers = [(name, _reader(table.c[name])) for name in head["columns"]]
        rows = [
            {name: read(value) for (name, read), value in zip(readers, values, strict=True)}
            for values in batch
        ]
        connection.execute(table.insert(), rows)
        loaded += len(rows)
    if connection.dialect.name == "postgresql":
        for table in tables.values():
            _continue_numbers(connection, table)
    return loaded


def _tables(connection: Connection) -> dict[str, sa.Table]:
    """The tables that are there, those first that others refer to."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return {table.name: table for table in metadata.sorted_tables if table.name != VERSION_TABLE}


def _instance_keys(connection: Connection, tables: dict[str, sa.Table]) -> set[str]:
    """Those that wrap a key of a workspace, and the one of the canary. A database from before 0004 names none."""
    keys, facts = tables["workspace_key"], tables["instance_fact"]
    canary = connection.scalar(sa.select(facts.c.value).where(facts.c.name == KEY_CANARY))
    ids = {Canary.parse(canary).key_id} if canary else set()
    if "wrapped_by" in keys.c:
        ids.update(connection.scalars(sa.select(keys.c.wrapped_by).where(keys.c.wrapped_by.is_not(None))))
    return ids


def _write(stream: IO[bytes], item: object) -> None:
    stream.write(json.dumps(item, ensure_ascii=False).encode() + b"\n")


def _batches(stream: IO[bytes]) -> Iterator[tuple[dict[str, Any], list[list[Any]]]]:
    head: dict[str, Any] = {}
    batch: list[list[Any]] = []
    for line in stream:
        item = json.loads(line)
        if batch and (len(batch) == _BATCH or isinstance(item, dict)):
            yield head, batch
            batch = []
        if isinstance(item, dict):
            head = item
        else:
            batch.append(item)
    if batch:
        yield head, batch


def _written(value: object) -> object:
    """A moment as UTC, bytes in base64; everything else is JSON by itself, or ends the backup with a TypeError."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _reader(column: sa.Column[Any]) -> Callable[[Any], Any]:
    """How a value that _written wrote becomes one that this column takes."""
    if isinstance(column.type, sa.JSON):
        column.type.none_as_null = bool(column.nullable)
    if isinstance(column.type, sa.DateTime):
        aware = column.type.timezone
        return lambda value: value and datetime.fromisoformat(value).replace(tzinfo=UTC if aware else None)
    if isinstance(column.type, sa.Date):
        return lambda value: value and date.fromisoformat(value)
    if isinstance(column.type, sa.LargeBinary):
        return lambda value: None if value is None else b64decode(value)
    return lambda value: value


def _continue_numbers(connection: Connection, table: sa.Table) -> None:
    """Let Postgres count on from the largest id: the rows came with theirs."""
    column = table.autoincrement_column
    if column is None:
        return
    owned = sa.func.pg_get_serial_sequence(table.name, column.name)
    largest = sa.select(sa.func.max(column)).scalar_subquery()
    connection.execute(sa.select(sa.func.setval(owned, largest)))  # NULL for either changes nothing
