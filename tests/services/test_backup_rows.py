"""Every table comes back as it was, from either database into either."""

import io
import json
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

import flask_migrate
import pytest
import sqlalchemy as sa

from nimbus import create_app
from nimbus.extensions import db
from nimbus.models.base import Base
from nimbus.services.backup_rows import NotMigrated, load_rows, read_manifest, write_rows
from tests.conftest import test_settings
from tests.migrations.rows import ROWS, read_rows
from tests.migrations.rows import write_rows as write_rows_of

AT = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@contextmanager
def opened(directory, url):
    """The engine of a database, with an application around it that can migrate it; its rows are of no key file."""
    settings = test_settings(directory, DATABASE_URL=url)
    app = create_app(settings, check_schema=False, check_key=False, pages=False)
    with app.app_context():
        try:
            yield db.engine
        finally:
            db.engine.dispose()


def sqlite_url(directory):
    (directory / "data").mkdir(parents=True)
    return f"sqlite:///{directory / 'data' / 'nimbus.sqlite3'}"


def copied(url, directory, request):
    """A database of one's own with what another one holds."""
    if not url.startswith("sqlite"):
        return request.getfixturevalue("postgres").create_database(template=url)
    copy = sqlite_url(directory)
    shutil.copy(sa.make_url(url).database, sa.make_url(copy).database)
    return copy


@pytest.fixture(params=["sqlite", "postgres"])
def target(request, tmp_path):
    """An empty database at the head of the migrations."""
    if request.param == "postgres":
        empty = request.getfixturevalue("empty_postgres")
    else:
        empty = f"sqlite:///{request.getfixturevalue('empty_database')}"
    with opened(tmp_path / "target", copied(empty, tmp_path / "target", request)) as engine:
        yield engine


@pytest.fixture(scope="module")
def grown(tmp_path_factory, request):
    """Databases with rows in every table, such as each revision left them to the next; gives the URL of one kind."""

    @cache
    def grow(kind):
        directory = tmp_path_factory.mktemp("grown")
        url = (
            request.getfixturevalue("postgres").create_database()
            if kind == "postgres"
            else sqlite_url(directory)
        )
        with opened(directory, url) as engine:
            for revision in ROWS:
                flask_migrate.upgrade(revision=revision)
                with engine.begin() as connection:
                    write_rows_of(connection, revision)
        return url

    return grow


@pytest.fixture(params=["sqlite", "postgres"])
def source(request, tmp_path, target, grown):
    """A database with rows in every table."""
    with opened(tmp_path / "source", copied(grown(request.param), tmp_path / "source", request)) as engine:
        yield engine


def backup_of(engine):
    stream = io.BytesIO()
    with engine.connect() as connection:
        manifest = write_rows(connection, stream, AT)
    stream.seek(0)
    return manifest, stream


def load(engine, stream):
    with engine.begin() as connection:
        return load_rows(connection, stream)


def rows_in(engine):
    with engine.connect() as connection:
        return utc(read_rows(connection))


def utc(tables):
    """The same moments for both databases, which differ in whether they give the zone."""

    def plain(value):
        return value.astimezone(UTC).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value

    return {
        name: [{column: plain(value) for column, value in row.items()} for row in rows]
        for name, rows in tables.items()
    }


def test_every_row_of_every_table_comes_back_in_either_database(source, target):
    before = rows_in(source)

    manifest, stream = backup_of(source)
    assert read_manifest(stream) == manifest
    loaded = load(target, stream)

    assert rows_in(target) == before
    assert set(before) == set(Base.metadata.tables)
    assert all(before.values())
    assert loaded == sum(map(len, before.values()))


def test_new_rows_are_numbered_on_from_those_that_came_back(source, target):
    _, stream = backup_of(source)
    read_manifest(stream)
    load(target, stream)

    new = {"name": "New", "timezone": "UTC", "created_at": AT, "rotation_days": 90}
    with target.begin() as connection:
        workspace_id = connection.execute(
            sa.insert(Base.metadata.tables["workspace"]).values(new)
        ).inserted_primary_key[0]
    assert workspace_id == 3


@pytest.mark.parametrize("target", ["sqlite"], indirect=True)
def test_the_manifest_says_what_somebody_must_know_first(source, target):
    with source.begin() as connection:
        connection.execute(
            sa.text("UPDATE workspace_key SET wrapped_by = '00000000000000aa' WHERE id = 'key2'")
        )
        connection.execute(
            sa.text("INSERT INTO instance_fact VALUES ('key_canary', '00000000000000bb:gAAAA')")
        )

    _, stream = backup_of(source)

    assert json.loads(stream.readline()) == {
        "made_at": "2026-11-22T18:00:00+00:00",
        "revision": list(ROWS)[-1],
        "database": source.dialect.name,
        "workspaces": 2,
        "instance_keys": ["00000000000000aa", "00000000000000bb"],
    }


@pytest.mark.parametrize("source", ["postgres"], indirect=True)
def test_thousands_of_rows_come_back(source, target):
    lots = [{"name": f"fact {number:05}", "value": "ü\n\"'\\\u2028" * (number % 7)} for number in range(2500)]
    with source.begin() as connection:
        connection.execute(sa.insert(Base.metadata.tables["instance_fact"]), lots)
    _, stream = backup_of(source)
    read_manifest(stream)

    load(target, stream)
    assert rows_in(target)["instance_fact"][: len(lots)] == lots


@pytest.mark.parametrize("source", ["sqlite"], indirect=True)
def test_a_database_without_tables_is_not_backed_up(source):
    with source.begin() as connection:
        connection.execute(sa.text("DROP TABLE alembic_version"))

    with pytest.raises(NotMigrated, match="no tables yet"):
        backup_of(source)
