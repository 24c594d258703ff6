"""Write transactions straight on the driver, with statements that are compiled once: for work whose cost is counted.

SQLAlchemy's usual way finds out anew, each time, how every value is written and what a result looks like. For a
claim, four short statements, that costs four times what the database does; here it is found out once for each set of
values that a statement is run with. Pool, dialect and errors stay SQLAlchemy's.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

_Translate = Callable[[Any], Any]
_Statement = sa.SelectBase | sa.UpdateBase


class Writing:
    """A write transaction that is open."""

    def __init__(self, cursor: Any, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    @property
    def database(self) -> str:
        """Its name, sqlite or postgresql."""
        return self._dialect.name

    def change(self, statement: sa.UpdateBase, values: Mapping[str, Any]) -> bool:
        """Run a statement with values for its parameters and, by their names, for the columns it sets.

        Whether it changed a row: for a conditional update that answer is the lock.
        """
        self._run(statement, values)
        return bool(self._cursor.rowcount > 0)

    def rows(self, query: _Statement, values: Mapping[str, Any]) -> list[Any]:
        """The rows of a query, or those that a statement returns, with their columns as attributes."""
        self._run(query, values)
        row, readers = _reading(query, self._dialect)
        found = [list(each) for each in self._cursor.fetchall()]
        for each in found:
            for place, read in readers:
                each[place] = read(each[place])
        return [row(*each) for each in found]

    def _run(self, statement: _Statement, values: Mapping[str, Any]) -> None:
        sql, fixed, writers, by_place = _prepared(statement, self._dialect, tuple(values))
        written = {**fixed, **values}
        for name, write in writers:
            written[name] = write(values[name])
        try:
            self._cursor.execute(sql, [written[name] for name in by_place] if by_place else written)
        except self._dialect.loaded_dbapi.Error as error:
            raise _named(error, self._dialect) from error


def writing_in(session: Session) -> Writing:
    """A session's own write transaction, for its statements whose cost is felt; their effects end with it."""
    connection = session.connection()
    return Writing(connection.connection.cursor(), connection.dialect)


@contextmanager
def driver_write(engine: Engine) -> Iterator[Writing]:
    """One write transaction: committed at the end, or nothing of it stays. Raises what SQLAlchemy would raise."""
    try:
        # Closing gives it back to the pool, which rolls back what was not committed.
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            if engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")  # on Postgres a transaction begins by itself
            yield Writing(cursor, engine.dialect)
            connection.commit()
    except engine.dialect.loaded_dbapi.Error as error:  # of connecting as well: the server may be away
        raise _named(error, engine.dialect) from error


def _named(error: Exception, dialect: Dialect) -> BaseException:
    """The driver's error as SQLAlchemy would raise it."""
    return DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, dialect=dialect)


@lru_cache(maxsize=64)
def _prepared(
    statement: _Statement, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, dict[str, Any], list[tuple[str, _Translate]], list[str] | None]:
    """The text for the driver, the values that never change, how to write the others, and their order where it counts."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    fixed: dict[str, Any] = {}
    defaults = {column.key: _constant(column) for column in compiled.insert_prefetch}
    writers: list[tuple[str, _Translate]] = []
    for name, bind in compiled.binds.items():
        write = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if name not in names:
            value = defaults.get(name, bind.effective_value)
            fixed[name] = write(value) if write else value
        elif write:
            writers.append((name, write))
    return str(compiled), fixed, writers, compiled.positiontup


def _constant(column: sa.Column[Any]) -> Any:
    """What a column holds that was given nothing; a value that is computed is not for keeping, so it has to be given."""
    if not isinstance(column.default, ScalarElementColumnDefault):
        raise TypeError(f"{column} needs a value")
    return column.default.arg


@lru_cache(maxsize=64)
def _reading(query: _Statement, dialect: Dialect) -> tuple[Callable[..., Any], list[tuple[int, _Translate]]]:
    """What a row is called, and how to read the columns, by their place, that are not as the driver gives them."""
    columns = query.exported_columns
    readers: list[tuple[int, _Translate]] = []
    for place, column in enumerate(columns):
        if read := column.type.dialect_impl(dialect).result_processor(dialect, None):
            readers.append((place, read))
    return namedtuple("Row", map(str, columns.keys())), readers  # noqa: PYI024 - its fields are known only here
