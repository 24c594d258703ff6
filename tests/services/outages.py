"""The database is away for as long as a context is open, as it is during a restart or behind somebody's lock."""

import sqlite3
from contextlib import closing, contextmanager

import psycopg
import sqlalchemy as sa
from psycopg.sql import SQL, Identifier


def outage(engine):
    """A context in which nothing can be written to this database."""
    return {"sqlite": _locked_file, "postgresql": _closed_database}[engine.dialect.name](engine)


@contextmanager
def _locked_file(engine):
    """Somebody else has the lock of the file, and nobody waits half a minute for it."""

    @sa.event.listens_for(engine, "connect")
    def have_no_patience(connection, _record):
        connection.execute("PRAGMA busy_timeout=1")

    engine.dispose()
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as somebody:
        somebody.execute("BEGIN EXCLUSIVE")
        yield
        somebody.execute("ROLLBACK")


@contextmanager
def _closed_database(engine):
    """Every connection is cut, and the server takes no other one."""
    url = engine.url
    where = {"host": url.query["host"], "port": url.query["port"], "user": url.username}
    allow = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(**where, dbname="postgres", autocommit=True) as server:
        server.execute(allow.format(Identifier(url.database), SQL("false")))
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database]
        )
        yield
        server.execute(allow.format(Identifier(url.database), SQL("true")))
