"""Write transactions straight on the driver, with statements that are compiled once: for work whose cost is counted.

SQLAlchemy's usual way finds out anew, each time, how every value is written and what a result looks like. For a
claim, four short statements, that costs four times what the database does; here it is found out once for each set of
values that a statement is run with. Pool, dialect and errors stay SQLAlchemy's.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.exc import DBAPIError

_Translate = Callable[[Any], Any]
_Statement = sa.Select[Any] | sa.Insert | sa.Update


class Writing:
    """A write transaction that is open."""

    def __init__(self, cursor: Any, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    @property
    def database(self) -> str:
        """Its name, sqlite or postgresql."""
        return self._dialect.name

    def change(self, statement: sa.Insert | sa.Update, values: Mapping[str, Any]) -> bool:
        """Run a statement with values for its parameters and, by their names, for the columns it sets.

        Whether it changed a row: for a conditional update that answer is the lock.
        """
        self._run(statement, values)
        return bool(self._cursor.rowcount > 0)

    def rows(self, query: sa.Select[Any], values: Mapping[str, Any]) -> list[Any]:
        """The rows of a query, with its columns as attributes."""
        self._run(query, values)
        row, readers = _reading(query, self._dialect)
        return [
            row(*(read(value) if read else value for read, value in zip(readers, found, strict=True)))
            for found in self._cursor.fetchall()
        ]

    def _run(self, statement: _Statement, values: Mapping[str, Any]) -> None:
        sql, fixed, binds, by_place = _prepared(statement, self._dialect, tuple(values))
        written = fixed | {name: write(values[name]) if write else values[name] for name, write in binds}
        self._cursor.execute(sql, [written[name] for name in by_place] if by_place else written)


@contextmanager
def driver_write(engine: Engine) -> Iterator[Writing]:
    """One write transaction: committed at the end, or nothing of it stays. Raises what SQLAlchemy would raise."""
    connection, errors = engine.raw_connection(), engine.dialect.loaded_dbapi.Error
    try:
        cursor = connection.cursor()
        if engine.dialect.name == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")  # on Postgres a transaction begins by itself
        yield Writing(cursor, engine.dialect)
        connection.commit()
    except errors as error:
        raise DBAPIError.instance(None, None, error, errors, dialect=engine.dialect) from error
    finally:
        connection.close()  # back to the pool, which rolls back what was not committed


@lru_cache(maxsize=64)
def _prepared(
    statement: _Statement, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, dict[str, Any], list[tuple[str, _Translate | None]], list[str] | None]:
    """The text for the driver, the values that never change, how to write the others, and their order where it counts."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    fixed: dict[str, Any] = {}
    binds: list[tuple[str, _Translate | None]] = []
    for name, bind in compiled.binds.items():
        write = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if name in names:
            binds.append((name, write))
        else:
            fixed[name] = write(bind.effective_value) if write else bind.effective_value
    return str(compiled), fixed, binds, compiled.positiontup


@lru_cache(maxsize=16)
def _reading(query: sa.Select[Any], dialect: Dialect) -> tuple[Callable[..., Any], list[_Translate | None]]:
    columns = query.selected_columns
    readers: list[_Translate | None] = [
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
    ]
    return namedtuple("Row", columns.keys()), readers  # noqa: PYI024 - its fields are known only here
