"""Bringing a backup back: refused unless it is whole, known, and its keys are here; then safe before anything starts."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import make_tables, revisions
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import ConnectionTest, Invitation, UserSession, Workspace, WorkspaceKey
from nimbus.models.base import table_of
from nimbus.processes import hold_data_directory
from nimbus.queues import workers_alive
from nimbus.rules.audit import Action
from nimbus.rules.connection_test import UNDER_WAY
from nimbus.security.canary import wrapping_key
from nimbus.security.instance_keys import key_ring, retired_path
from nimbus.services.audit import record
from nimbus.services.backup_file import opened_backup_file
from nimbus.services.backup_rows import Manifest, load_rows, read_manifest
from nimbus.services.live_place import forget_places
from nimbus.services.resolve_send import doubt_what_waited
from nimbus.services.restore_target import postgres_target, sqlite_target
from nimbus.services.sweep import interrupted
from nimbus.settings import Settings, current_settings


class CannotRestore(NimbusError):
    """The backup cannot be brought back here; nothing was changed."""


@dataclass(frozen=True)
class Restored:
    """What a restore did: the backup's manifest, how many rows it had, and where the database before it is kept."""

    manifest: Manifest
    rows: int
    kept: Path | None


def restore(path: Path, *, passphrase: str | None = None, replace: bool = False) -> Restored:
    """Put a backup in the place of the configured database. Everything succeeds, or nothing is changed.

    `replace` allows it where a SQLite database holds data, which is kept beside. Afterwards the tables are at the
    head of the migrations, nobody is signed in, open invitations are withdrawn, and nothing is sent until somebody
    confirms this place. NimbusError with a sentence for everything that keeps it from happening.
    """
    settings = current_settings()
    try:
        with _alone(settings), opened_backup_file(path, passphrase) as stream:
            manifest = read_manifest(stream)
            _refuse_newer(manifest)
            _refuse_without_keys(manifest, settings)
            with _target(settings, now(), replace=replace) as (connection, kept):
                _make_tables(connection, manifest.revision)
                rows = load_rows(connection, stream)
                _migrate(connection, "head")
                _make_safe(connection, manifest)
        return Restored(manifest, rows, kept)
    except OSError as problem:
        raise CannotRestore(f"{problem.filename or path}: {problem.strerror}.") from None
    except sa.exc.DBAPIError as problem:
        raise CannotRestore(f"The database refused the backup: {problem.orig}") from None


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Nobody else works on the data directory meanwhile, or on the queue just now."""
    lock = hold_data_directory(settings.data_dir)
    try:
        if workers := workers_alive(now()):
            raise CannotRestore(
                f"NimbusOS is running: {len(workers)} of its workers were heard of less than a minute ago. "
                "Stop it everywhere, wait a minute, and try again."
            )
        db.session.remove()
        db.engine.dispose()
        yield
    finally:
        os.close(lock)


def _refuse_newer(manifest: Manifest) -> None:
    known = revisions()
    if manifest.revision not in known:
        raise CannotRestore(
            f"The backup was made by a newer NimbusOS: its database is at revision {manifest.revision}, and this "
            f"version knows up to {known[-1]}. Update NimbusOS first."
        )


def _refuse_without_keys(manifest: Manifest, settings: Settings) -> None:
    for key_id in manifest.instance_keys:
        if key_ring().find(key_id) is None:
            beside = retired_path(settings.key_file, key_id)
            where = beside if settings.key_file.exists() else settings.key_file
            raise CannotRestore(
                f"The backup needs the instance key {key_id}, and neither {settings.key_file} nor a file beside it "
                f"holds that one. Put the key file that belongs to the backup at {where}, then try again."
            )


def _target(
    settings: Settings, moment: datetime, *, replace: bool
) -> AbstractContextManager[tuple[Connection, Path | None]]:
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return sqlite_target(Path(str(url.database)), moment, replace=replace)
    return postgres_target(settings.database_url, replace=replace)


def _make_tables(connection: Connection, revision: str) -> None:
    if revision == revisions()[-1]:
        make_tables(connection)
    else:
        _migrate(connection, revision)


def _migrate(connection: Connection, revision: str) -> None:
    from alembic import command  # which only a restore needs

    config = current_app.extensions["migrate"].migrate.get_config()
    config.attributes["connection"] = connection  # see migrations/env.py
    command.upgrade(config, revision)


def _make_safe(connection: Connection, manifest: Manifest) -> None:
    """A database from the past must not act by itself, nor let anybody in by what has been revoked since."""
    with Session(connection) as session:
        _open_keys(session)
        forget_places(session)
        session.execute(sa.delete(UserSession))
        session.execute(sa.delete(Invitation).where(Invitation.used_at.is_(None)))
        under_way = sa.select(*table_of(ConnectionTest).c).where(ConnectionTest.state.in_(UNDER_WAY))
        for test in session.execute(under_way).all():
            ended = sa.update(ConnectionTest).where(ConnectionTest.id == test.id)
            session.execute(ended.values(interrupted(test, now())))
        doubt_what_waited(session)
        for workspace_id in session.scalars(sa.select(Workspace.id)).all():
            record(session, Action.RESTORED, workspace_id=workspace_id, backup_of=manifest.made_at)
        session.commit()  # into the connection's transaction, which is not over


def _open_keys(session: Session) -> None:
    """Raise KeyFileProblem unless every workspace's key opens here, by whatever instance key."""
    for key in session.scalars(sa.select(WorkspaceKey)).all():
        key_ring().unwrap(key.wrapped, key.wrapped_by)
        # A backup from before keys had ids: left so, the next start would take it for an old installation in use.
        key.wrapped_by = key.wrapped_by or wrapping_key(session).id
