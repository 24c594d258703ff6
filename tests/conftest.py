"""What every test may ask for: an application on a database of its own, people who know each other, and a queue."""

import gc
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from jinja2 import BytecodeCache
from redis import Redis
from sqlalchemy.util import LRUCache

from jobs.worker import AppWorker
from nimbus import create_app, queues
from nimbus.clock import MovableClock
from nimbus.extensions import db, limiter
from nimbus.models.base import Base
from nimbus.queue_server import command, queue_url
from nimbus.security.instance_keys import ensure_instance_key
from nimbus.services import backup_file
from nimbus.settings import Settings, load_settings
from tests.browse import Browser
from tests.cast import Cast
from tests.factories import make_cast
from tests.servers.copies import Copies
from tests.servers.processes import INTERRUPT, end, spawn, wait_until


class CompiledTemplates(BytecodeCache):
    """Templates compiled by one test serve the next: compiling takes longer than most requests."""

    def __init__(self):
        self.compiled = {}

    def load_bytecode(self, bucket):
        if (bucket.key, bucket.checksum) in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key, bucket.checksum])

    def dump_bytecode(self, bucket):
        self.compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


class CompiledStatements(LRUCache):
    """The same for SQL: by the name of the dialect, for each test's engine has a dialect object of its own."""

    def get(self, key, default=None):
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key, compiled):
        super().__setitem__((key[0].name, *key[1:]), compiled)


TEMPLATES = CompiledTemplates()
STATEMENTS = CompiledStatements(4000)
for mapper in Base.registry.mappers:  # what the session writes with
    mapper._compiled_cache = STATEMENTS
pytest_plugins = ["tests.servers.fixtures", "tests.servers.sandbox", "tests.claims", "tests.order"]


def test_settings(directory: Path, **environ: str) -> Settings:
    """Settings as an operator would give them, everything below one directory, loopback allowed."""
    (directory / "data").mkdir(parents=True, exist_ok=True)
    ensure_instance_key(directory / "keys" / "instance.key")
    given = {
        "NIMBUS_DATA_DIR": str(directory / "data"),
        "NIMBUS_KEY_FILE": str(directory / "keys" / "instance.key"),
        "NIMBUS_SECRET_KEY": "a key for tests, long enough to be taken",
        "NIMBUS_OUTBOUND_ALLOW": "127.0.0.0/8 ::1/128",
        "NIMBUS_CONNECTION_TESTS_PER_MINUTE": "1000",
    }
    return load_settings(given | environ)


test_settings.__test__ = False


def pytest_collection_finish() -> None:
    """Looking for garbage among all modules and tests again and again would take a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def quick_passphrases() -> Iterator[None]:
    """The key of a backup is derived slowly on purpose, half a second each time; commands in a process of their own still do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(backup_file._SCRYPT, "n", 2**10)
        yield


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the head of the migrations, to be copied: migrating takes longer than most tests."""
    settings = test_settings(tmp_path_factory.mktemp("migrated"))
    with create_app(settings, check_schema=False, pages=False).app_context():
        flask_migrate.upgrade()
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return settings.data_dir / "nimbus.sqlite3"


@pytest.fixture(scope="session")
def empty_postgres(postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Postgres database at the head of the migrations, to be used as a template."""
    url = postgres.create_database()
    settings = test_settings(tmp_path_factory.mktemp("migrated"), DATABASE_URL=url)
    with create_app(settings, check_schema=False, pages=False).app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()
    return url


@pytest.fixture(scope="session")
def postgres_copies(postgres, empty_postgres: str) -> Iterator[Copies]:
    """Lends databases at the head of the migrations."""
    with closing(Copies(postgres, empty_postgres)) as copies:
        yield copies


@pytest.fixture(scope="session")
def queue_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product's own embedded queue server; gives its URL."""
    settings = test_settings(tmp_path_factory.mktemp("queue"))
    server = spawn(command(settings), log=settings.data_dir / "log", ending=INTERRUPT)
    try:
        url = queue_url(settings)
        wait_until(lambda: _answers(url), within=10, what="the queue server")
        yield url
    finally:
        end(server)


@pytest.fixture
def database_url() -> str | None:
    """None for SQLite; modules that run on both databases override this with `both_databases`."""
    return None


@pytest.fixture
def environ() -> dict[str, str]:
    """Settings of a test's own; tests that meet the real mail servers override this with theirs."""
    return {}


@pytest.fixture
def settings(
    tmp_path: Path,
    empty_database: Path,
    database_url: str | None,
    queue_server: str,
    environ: dict[str, str],
) -> Settings:
    """Settings with a migrated database of the test's own."""
    environ = {"REDIS_URL": queue_server} | environ
    if database_url:
        environ["DATABASE_URL"] = database_url
    settings = test_settings(tmp_path, **environ)
    if not database_url:
        shutil.copy(empty_database, settings.data_dir / "nimbus.sqlite3")
    queues.connect(queue_server).flushall()
    return settings


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def pages() -> bool:
    """Whether the application answers requests; rooms in which nobody makes one override this, for pages are half its cost."""
    return True


@pytest.fixture
def app(settings: Settings, clock: MovableClock, *, pages: bool) -> Iterator[Flask]:
    app = create_app(settings, clock=clock, pages=pages)
    app.jinja_env.bytecode_cache = TEMPLATES
    with app.app_context():
        db.engine.update_execution_options(compiled_cache=STATEMENTS)
    limiter._storage_dead = False  # a test before this one may have killed its queue
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    """An application context for tests that call services. Never together with a client: it would share `g`."""
    with app.app_context():
        yield


@pytest.fixture
def read(app: Flask) -> Callable[..., list]:
    """Rows of a table as they are now, newest last, for looking at what a request left behind."""

    def rows(table: type) -> list:
        with app.app_context():
            found = list(db.session.scalars(sa.select(table).order_by(*table.__table__.primary_key)))
            db.session.expunge_all()
            return found

    return rows


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Alice and Bob of one workspace, Charlie of another."""
    with app.app_context():
        return make_cast()


@pytest.fixture
def browse(app: Flask, cast: Cast) -> Callable[..., Browser]:
    """A client for a member of the cast; it checks every page it is given."""

    def sign_in(person: str = "alice") -> Browser:
        return Browser(app).sign_in(cast.people[person])

    return sign_in


@pytest.fixture
def alice(browse: Callable[..., Browser]) -> Browser:
    return browse("alice")


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], None]:
    """Run what waits in the queue with the product's own worker, in this process."""
    # A connection of its own: RQ raises the time limits of the one it is given.
    connection = Redis.from_url(queue_url(app.extensions["nimbus.settings"]))

    def burst() -> None:
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        worker = AppWorker(queues.QUEUES, app=app, connection=connection)
        worker.work(burst=True, logging_level="WARNING")
        for number, handler in before.items():
            signal.signal(number, handler)
        failed = [job for queue in worker.queues for job in queue.failed_job_registry.get_job_ids()]
        assert not failed, f"jobs failed: {failed}"

    return burst


@pytest.fixture(params=["sqlite", "postgres"])
def both_databases(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Runs a test twice: use it as `database_url` in a module about models, services or concurrency."""
    if request.param == "sqlite":
        yield None
        return
    copies: Copies = request.getfixturevalue("postgres_copies")
    url = copies.lend()
    yield url
    copies.take_back(url)


def _answers(url: str) -> bool:
    try:
        return bool(queues.connect(url).ping())
    except queues.RedisError:
        return False
