"""The throw-away PostgreSQL: separate databases, cheap copies, nothing left behind."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.servers.availability import require
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.servers


def run(url, *statements):
    """Execute the statements in one transaction; the last one's single value."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


def test_a_database_copied_from_a_template_has_its_rows_and_its_own_future(postgres):
    template = postgres.create_database()
    run(template, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")

    copy = postgres.create_database(template=template)
    run(copy, "INSERT INTO kept VALUES (8)")

    assert run(copy, "SELECT sum(n) FROM kept") == 15
    assert run(template, "SELECT sum(n) FROM kept") == 7


def test_a_database_is_dropped_though_somebody_is_connected(postgres):
    url = postgres.create_database()
    engine = create_engine(url, poolclass=NullPool)
    connection = engine.connect()

    postgres.drop_database(url)
    connection.invalidate()
    connection.close()

    with pytest.raises(Exception, match="does not exist"):
        run(url, "SELECT 1")


def test_it_is_the_version_and_the_encoding_that_production_uses(postgres):
    url = postgres.create_database()

    assert int(run(url, "SHOW server_version_num")) >= 150000
    assert run(url, "SHOW server_encoding") == "UTF8"


def test_a_stopped_cluster_leaves_no_file():
    require("postgres")
    with Postgres() as cluster:
        cluster.create_database()

    assert not cluster.directory.exists()


def test_restart_without_a_warning_cuts_connections_and_keeps_what_was_committed():
    require("postgres")
    with Postgres(synchronous_commit="on") as cluster:
        url = cluster.create_database()
        run(url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
        with create_engine(url, poolclass=NullPool).connect() as connection:
            cluster.restart()
            with pytest.raises(OperationalError):
                connection.execute(text("SELECT 1"))
            connection.invalidate()

        assert run(url, "SELECT n FROM kept") == 7
