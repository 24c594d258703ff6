"""Whether this installation may write and send: whether its key file fits, and whether it is a copy."""

import logging
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from nimbus.database import SchemaBehind, check_schema, make_read_only, read_only_reason, transaction
from nimbus.extensions import db
from nimbus.models import WorkspaceKey
from nimbus.models.base import table_of
from nimbus.security.canary import FIND_CANARY, Canary, wrapping_key
from nimbus.security.instance_keys import KeyFileProblem, KeyRing, key_ring
from nimbus.services import live_place
from nimbus.services.live_place import PlaceState, place_state
from nimbus.settings import Settings

__all__ = ["PlaceState", "key_problem", "place_state"]

_log = logging.getLogger(__name__)
_WRAPPED = sa.select(table_of(WorkspaceKey).c.wrapped)  # a database of any revision has this column
_WHAT_TO_DO = (
    "Until the right file is there, everything can be read, nothing is changed or sent, and nobody can sign in. "
    "No key was made in its place. Put the right key file back, from your copy of it, and restart NimbusOS."
)


class Finding(NamedTuple):
    """What the database says about its key: whether anything is sealed, whether a canary tells, what is wrong."""

    is_sealed: bool = False
    has_canary: bool = False
    problem: str | None = None


def key_problem() -> str | None:
    """What is wrong with the key file, and what to do about it; None when it fits the database.

    Looked up now, in the files as they are; a process that started with the wrong file keeps to what it found then.
    """
    if reason := read_only_reason():
        return reason
    with db.engine.connect() as connection:
        return _examine(connection, KeyRing(key_ring().path)).problem


def key_problem_in(settings: Settings) -> str | None:
    """The same of these settings' database, for a process without an application. OperationalError: it is away."""
    engine = sa.create_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            return _examine(connection, KeyRing(settings.key_file)).problem
    finally:
        engine.dispose()


def judge_key_file(*, to_serve: bool) -> None:
    """At start: make the process read-only when the key file does not fit the database.

    to_serve: the process is to work on the database as it is, which must be at the head of the migrations, and its
    key file must be there even where nothing is sealed yet. Raises KeyFileProblem and SchemaBehind.
    """
    with db.engine.connect() as connection:
        finding = _examine(connection, key_ring())
    if finding.problem:
        make_read_only(finding.problem)
        if to_serve:
            _log.error("%s", finding.problem)
    elif to_serve and not finding.is_sealed:
        db.engine.dispose()  # nobody gets an application to close it with when the next line raises
        key_ring().current()
    if to_serve:
        refuse_old_schema()
        if finding.is_sealed and not finding.has_canary and not finding.problem:
            adopt_key()


def adopt_key() -> None:
    """Give a database that has none its canary, and the keys of its workspaces the id of the key that wraps them.

    A database from before there were canaries is one in use: it goes on sending from here.
    """
    with transaction() as session:
        key = wrapping_key(session)
        unnamed = sa.update(WorkspaceKey).where(WorkspaceKey.wrapped_by.is_(None))
        stamped = session.execute(unnamed.values(wrapped_by=key.id))
        if stamped.rowcount:  # type: ignore[attr-defined]
            live_place.confirm_first(session, by="NimbusOS")


def refuse_old_schema() -> None:
    """Raise SchemaBehind, or KeyFileProblem where that must be mended first, unless the database fits this version."""
    try:
        check_schema()
    except SchemaBehind as behind:
        # The database must not be migrated with the wrong key, so that is what comes first.
        raise (KeyFileProblem(reason) if (reason := read_only_reason()) else behind) from None


def _examine(connection: Connection, ring: KeyRing) -> Finding:
    if not sa.inspect(connection).has_table("workspace_key"):
        return Finding()
    value = connection.scalar(FIND_CANARY)
    if value is not None:
        canary = Canary.parse(value)
        problem = None if canary.is_opened_by(ring) else _explain(ring, canary.key_id)
        return Finding(is_sealed=True, has_canary=True, problem=problem)
    wrapped = connection.scalars(_WRAPPED).all()
    try:
        for each in wrapped:
            ring.unwrap(each, None)
    except KeyFileProblem:
        return Finding(is_sealed=True, problem=_explain(ring, None))
    return Finding(is_sealed=bool(wrapped))


def _explain(ring: KeyRing, expected: str | None) -> str:
    needed = f"the key {expected}" if expected else "the key it was made with"
    try:
        found = ring.current()
    except KeyFileProblem as unusable:
        return f"{unusable} This database needs {needed} there. {_WHAT_TO_DO}"
    if found.id == expected:
        return (
            f"The key file {ring.path} holds the right key, {found.id}, but what the database keeps to check it by is "
            f"damaged. {_WHAT_TO_DO}"
        )
    return (
        f"The key file {ring.path} holds the key {found.id}, but this database needs {needed}. {_WHAT_TO_DO}"
    )
