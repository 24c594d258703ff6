"""PostgreSQL databases with the product's tables, lent to one test after another."""

from __future__ import annotations

from contextlib import suppress

import psycopg
from sqlalchemy.engine import make_url

from tests.servers.postgres import Postgres

# What the definitions of everything amount to: any statement that changes one leaves a younger row or another count.
_DEFINITIONS = """
    SELECT (SELECT array_agg(version_num) FROM alembic_version),
           (SELECT count(*) FROM pg_db_role_setting),
           (SELECT array[count(*), max(xmin::text::bigint)] FROM pg_class),
           (SELECT array[count(*), max(xmin::text::bigint)] FROM pg_attribute),
           (SELECT array[count(*), max(xmin::text::bigint)] FROM pg_constraint),
           (SELECT array[count(*), max(xmin::text::bigint)] FROM pg_trigger),
           (SELECT array[count(*), max(xmin::text::bigint)] FROM pg_proc)
"""
_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_TABLES = """
    SELECT string_agg(format('DELETE FROM %I', tablename), ';') FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_NUMBERS = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


class Copies:
    """Copies of one database. Emptying one takes milliseconds, copying it and dropping it fifty times as long.

    Each is emptied over the same connection every time: a new one has to learn all tables first.
    """

    def __init__(self, cluster: Postgres, template: str) -> None:
        self._cluster = cluster
        self._template = template
        self._free: list[str] = []
        self._own: dict[str, psycopg.Connection] = {}
        with _connected(template) as connection:
            self._definitions = connection.execute(_DEFINITIONS).fetchone()
            [self._empty] = connection.execute(_TABLES).fetchone()

    def lend(self) -> str:
        """The SQLAlchemy URL of a database without a row, which nobody else has."""
        return self._free.pop() if self._free else self._cluster.create_database(template=self._template)

    def take_back(self, url: str) -> None:
        """Empty a database for the next one; drop it if more than its rows were changed."""
        if self._emptied(url):
            self._free.append(url)
        else:
            self._let_go(url)
            self._cluster.drop_database(url)

    def close(self) -> None:
        """Let go of every database."""
        for url in list(self._own):
            self._let_go(url)

    def _emptied(self, url: str) -> bool:
        try:
            connection = self._alone_with(url)
            if connection.execute(_DEFINITIONS).fetchone() != self._definitions:
                return False
            connection.execute(self._empty)
            connection.execute(_NUMBERS)
        except psycopg.Error:
            return False
        return True

    def _alone_with(self, url: str) -> psycopg.Connection:
        """Our connection to it, after every other has ended; a test may have ended ours."""
        with suppress(KeyError, psycopg.Error):
            self._own[url].execute(_OTHERS)
            return self._own[url]
        self._let_go(url)
        connection = self._own[url] = _connected(url)
        connection.execute(_OTHERS)
        # As a replica, which follows no foreign key, so that no order of the tables matters.
        connection.execute("SET session_replication_role = replica; SET lock_timeout = '5s'")
        return connection

    def _let_go(self, url: str) -> None:
        if connection := self._own.pop(url, None):
            connection.close()


def _connected(url: str) -> psycopg.Connection:
    where = make_url(url)
    return psycopg.connect(
        host=where.query["host"],
        port=where.query["port"],
        user=where.username,
        dbname=where.database,
        autocommit=True,
    )
