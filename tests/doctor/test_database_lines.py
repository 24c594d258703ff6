"""What the doctor says of the database, on SQLite and on Postgres."""

import sqlite3
import time
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import flask_migrate
import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.services.check_database import file_check


@pytest.fixture
def file(settings):
    return settings.data_dir / "nimbus.sqlite3"


@pytest.fixture
def at_rest(well, file):
    """The database file with nothing left in its log, and nobody connected."""
    with well.app_context():
        db.session.remove()
        db.engine.dispose()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


class OnBoth:
    @pytest.fixture
    def database_url(self, both_databases):
        return both_databases


class TestAnyDatabase(OnBoth):
    def test_one_that_answers_is_named_with_its_version_and_size(self, well, examine, database_url):
        found = examine()["database"]

        assert found["state"] == "ok"
        name = "PostgreSQL 1" if database_url else "SQLite 3."
        assert found["sentence"].startswith(name)
        assert "answers and takes writes. It holds " in found["sentence"]

    def test_at_the_head_all_migrations_are_made(self, well, examine):
        assert examine()["migrations"]["state"] == "ok"

    def test_behind_the_head_the_command_is_told(self, well, examine, examine_alone):
        with well.app_context():
            flask_migrate.downgrade(revision="-1")
            db.session.remove()

        for found in (examine(), examine_alone()):
            assert found["database"]["state"] == "ok"
            assert (found["migrations"]["state"], found["migrations"]["command"]) == (
                "fail",
                "flask db upgrade",
            )
            assert "Make a backup first." in found["migrations"]["sentence"]

    @pytest.mark.parametrize("way", ["examine", "examine_alone"])
    def test_ahead_of_the_head_the_newer_version_is_asked_for(self, well, request, way):
        with well.app_context(), db.engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = 'f00d'"))
        found = request.getfixturevalue(way)()["migrations"]

        assert found["state"] == "fail"
        assert "at f00d, which this version does not know" in found["sentence"]
        assert found["advice"].startswith("Install that version again")


def test_an_empty_file_needs_its_tables(well, examine_alone, at_rest):
    at_rest.unlink()
    sqlite3.connect(at_rest).close()
    at_rest.touch()
    found = examine_alone()

    assert found["migrations"]["sentence"] == "The database holds nothing yet."
    assert found["migrations"]["command"] == "flask db upgrade"


def test_a_file_that_is_not_there_yet_comes_with_make_run(well, examine, file):
    file.unlink()
    found = examine()

    assert (found["database"]["state"], found["database"]["command"]) == ("fail", "make run")
    assert found["migrations"]["sentence"] == "Not known while the database does not answer."
    assert not file.exists()


def test_a_file_that_is_no_database_is_shown_with_what_sqlite_says(well, examine, at_rest):
    at_rest.write_bytes(b"not a database at all" * 500)
    found = examine()

    assert found["database"]["state"] == found["database_file"]["state"] == "fail"
    assert "file is not a database" in found["database"]["sentence"]


def test_somebody_who_writes_for_long_is_a_warning(well, examine, file):
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    found = examine()
    other.close()

    assert found["database"]["state"] == "warn"
    assert "somebody has been writing to it for 2 s" in found["database"]["sentence"]
    assert examine()["database"]["state"] == "ok"


def test_a_file_that_takes_no_writes_is_told(well, examine, at_rest):
    # Byte 18 of the header says which version may write; SQLite opens what is too new for it to read alone.
    content = bytearray(at_rest.read_bytes())
    content[18] = 9
    at_rest.write_bytes(content)
    found = examine()["database"]

    assert found["state"] == "fail"
    assert "answers but takes no writes: attempt to write a readonly database" in found["sentence"]
    assert str(at_rest) in found["advice"]


def test_a_damaged_file_is_found_and_the_backup_named(well, examine, at_rest):
    content = bytearray(at_rest.read_bytes())
    for page in range(10, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    at_rest.write_bytes(content)
    found = examine()["database_file"]

    assert found["state"] == "fail"
    assert found["sentence"].startswith("Damaged, or it cannot be read: ")
    assert "flask restore FILE" in found["advice"]


def test_looking_at_a_large_file_ends_after_a_while(well, settings, file):
    with sqlite3.connect(file) as connection:
        numbers = (
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) SELECT x FROM n"
        )
        connection.execute(f"CREATE TABLE crowd AS {numbers}")
        connection.execute("CREATE INDEX crowded ON crowd (x)")
    connection.close()

    found = file_check(settings, seconds=0)
    assert found.state == "ok"
    assert found.sentence == "Sound as far as was read in 0 s; the file is large."


class TestPostgres:
    @pytest.fixture
    def database_url(self, postgres, empty_postgres):
        url = postgres.create_database(template=empty_postgres)
        yield url
        postgres.drop_database(url)

    def test_it_looks_after_its_own_files(self, well, examine):
        assert "database_file" not in examine()

    def test_one_that_is_read_only_is_told(self, well, examine):
        with well.app_context(), db.engine.connect() as connection:
            name = connection.scalar(sa.text("SELECT current_database()"))
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            connection.commit()
        found = examine()["database"]

        assert found["state"] == "fail"
        assert found["sentence"].endswith("answers but takes no writes: it is read-only.")
        assert "primary" in found["advice"]

    def test_one_that_refuses_is_shown_with_its_own_line(self, well, examine, change):
        change(database_url="postgresql+psycopg://ann:s3cret@127.0.0.1:1/nimbus")
        found = examine()

        assert found["database"]["state"] == "fail"
        assert found["database"]["sentence"].startswith("It does not answer: ")
        assert "refused" in found["database"]["sentence"]
        assert "DATABASE_URL" in found["database"]["advice"]

    def test_one_that_says_nothing_is_given_up_after_a_few_seconds(self, well, examine, change, silence):
        change(database_url=f"postgresql+psycopg://ann@127.0.0.1:{silence}/nimbus")
        began = time.monotonic()

        assert examine()["database"]["state"] == "fail"
        assert time.monotonic() - began < 20


class _Silent(BaseRequestHandler):
    def handle(self):
        while self.request.recv(1024):
            pass


@pytest.fixture
def silence():
    """The port of a server that takes connections and never says a word."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Silent) as server:
        server.daemon_threads, server.block_on_close = True, False
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
