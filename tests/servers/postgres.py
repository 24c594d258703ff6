"""A throw-away PostgreSQL cluster that listens on a unix socket only."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

from tests.servers.availability import postgres_programs
from tests.servers.processes import (
    INTERRUPT,
    as_user,
    end,
    remove_directory,
    short_directory,
    spawn,
    unprivileged_user,
    wait_until,
)

# Nothing here survives the test run, so nothing needs to reach the disk.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
}


class Postgres:
    """One cluster for a test run; a database for each test is a cheap copy of a template.

    `settings` replace those above: `synchronous_commit="on"` keeps every commit through a `restart`. segment: of the
    log, in megabytes; with small ones a full disk is felt soon.
    """

    def __init__(self, *, segment: int = 16, **settings: str) -> None:
        self._segment = segment
        self.directory = short_directory("npg-")
        self._settings = _SETTINGS | settings
        self._server: subprocess.Popen[bytes] | None = None
        self._created = 0

    def create_database(self, *, template: str = "template1") -> str:
        """A new database's SQLAlchemy URL; `template` is the URL or name of the one to copy, free of connections."""
        self._created += 1
        name = f"test_{self._created}"
        source = make_url(template).database if "://" in template else template
        statement = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(str(source)))
        with self._connect() as connection:
            connection.execute(statement)
        return f"postgresql+psycopg://owner@/{name}?host={self.directory}&port=5432"

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever may still be connected to it."""
        name = Identifier(str(make_url(url).database))
        with self._connect() as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.directory),
            port=5432,
            user="owner",
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _is_up(self) -> bool:
        if self._server is None or self._server.poll() is not None:
            raise RuntimeError("PostgreSQL ended at its start:\n" + (self.directory / "log").read_text())
        return self._answers()

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self._connect().close()
            return True
        return False

    def _is_back(self) -> bool:
        if self._server is None or self._server.poll() is not None:
            self._launch()
        return self._answers()

    def start(self) -> Self:
        """Make the cluster and start it; takes about a second."""
        atexit.register(self.stop)
        user = unprivileged_user()
        shutil.chown(self.directory, user)
        options = ["--username=owner", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        where = [f"--pgdata={self.data}", f"--wal-segsize={self._segment}"]
        initdb = as_user(user, [self._program("initdb"), *where, *options])
        subprocess.run(initdb, check=True, cwd="/", capture_output=True)
        self._launch()
        return self

    def restart(self) -> None:
        """What `pg_ctl restart -m immediate` does: every connection is cut, and a crash recovery follows."""
        postmaster = int((self.data / "postmaster.pid").read_text().split("\n")[0])
        os.kill(postmaster, signal.SIGQUIT)
        if self._server:
            self._server.wait(15)
        self._launch()

    def revive(self) -> None:
        """Return when it answers; started again if it has ended, as the service of a real system does with it."""
        wait_until(self._is_back, within=60, what="PostgreSQL after its trouble")

    @property
    def data(self) -> Path:
        """Where the cluster keeps everything; before the start a disk may be mounted there."""
        return self.directory / "data"

    @staticmethod
    def _program(name: str) -> str:
        programs = postgres_programs()
        if programs is None:
            raise RuntimeError("PostgreSQL is not installed")
        return str(programs / name)

    def _launch(self) -> None:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        where = ["-D", str(self.data), "-k", str(self.directory), "-p", "5432"]
        self._server = spawn(
            [self._program("postgres"), *where, *settings],
            log=self.directory / "log",
            user=unprivileged_user(),
            ending=INTERRUPT,
        )
        wait_until(self._is_up, within=15, what="PostgreSQL")

    def stop(self) -> None:
        """End the server, whoever is connected, and remove the cluster."""
        atexit.unregister(self.stop)
        if self._server:
            end(self._server)
        remove_directory(self.directory)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
