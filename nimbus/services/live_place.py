"""Copies do not send: the places where this database is the live one, and whether this process runs in one of them.

A place is a machine, a data directory and a database address. The first is confirmed when the database is set up;
in any other (a restored backup, a copied directory, a cloned machine) nothing goes out until a person confirms it.
"""

import json
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, read_only_reason, transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import InstanceFact, User, Workspace
from nimbus.models.instance import LIVE_AT
from nimbus.rules.audit import Action
from nimbus.security.private_files import put_new
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.settings import Settings, current_settings

_CONFIRMED = "nimbus.place_confirmed"
_MACHINE_ID = Path("/etc/machine-id")


class SendsNothing(NimbusError):
    """Nothing reaches out from a copy that nobody has confirmed to be the live one."""


@dataclass(frozen=True, slots=True)
class PlaceState:
    """Whether things may be sent from here, and that in a sentence."""

    confirmed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is live: host and data directory, since when, and who said so."""

    host: str
    directory: str
    since: datetime
    by: str


_LIVE = PlaceState(confirmed=True, sentence="This is the live installation.")
_EMPTY = PlaceState(
    confirmed=True, sentence="Nobody has set it up yet. Where that is done is its first live place."
)


def place_state() -> PlaceState:
    """Whether this process runs in a confirmed place. Once it does that is remembered; a copy looks again each time."""
    if current_app.extensions.get(_CONFIRMED):
        return _LIVE
    if read_only_reason():
        return PlaceState(confirmed=False, sentence="Nothing is sent while the key file is wrong.")
    try:
        name = _name_of_here(current_settings())
    except OSError as problem:
        return PlaceState(confirmed=False, sentence=f"{problem.filename} cannot be used: {problem.strerror}.")
    if db.session.scalar(sa.select(sa.exists().where(InstanceFact.name == name))):
        current_app.extensions[_CONFIRMED] = True
        return _LIVE
    if not db.session.scalar(sa.select(sa.exists().select_from(User))):
        return _EMPTY
    return PlaceState(confirmed=False, sentence=_why_not())


def refuse_copies() -> None:
    """Raise SendsNothing where nothing may reach out."""
    state = place_state()
    if not state.confirmed:
        raise SendsNothing(state.sentence)


def live_places() -> list[Place]:
    """The confirmed places, the newest last."""
    values = db.session.scalars(sa.select(InstanceFact.value).where(_IS_PLACE))
    known = [json.loads(value) for value in values]
    places = [Place(**fact | {"since": datetime.fromisoformat(fact["since"])}) for fact in known]
    return sorted(places, key=lambda place: place.since)


def here() -> tuple[str, str]:
    """Host and data directory of this process, as a person knows them."""
    return socket.gethostname(), str(current_settings().data_dir.resolve())


def confirm_here(asker: Asker | None = None) -> None:
    """Declare this place a live one: a person who runs the installation said so. `asker` is None at the terminal."""
    with transaction() as session:
        _confirm(session, by=asker.name if asker else "the terminal")
        host, directory = here()
        place = Object("place", _name_of_here(current_settings()).removeprefix(LIVE_AT)[:16], host)
        for workspace_id in session.scalars(sa.select(Workspace.id)):
            # The name of a person is shown only where that person belongs.
            actor = asker if asker and asker.workspace_id == workspace_id else None
            record(
                session,
                Action.PLACE_CONFIRMED,
                workspace_id=workspace_id,
                asker=actor,
                on=place,
                directory=directory,
            )


def confirm_first(session: Session, *, by: str) -> None:
    """Within the caller's transaction: where a database is set up is its first live place."""
    if not session.scalar(sa.select(sa.exists().where(_IS_PLACE))):
        _confirm(session, by=by)


def forget_places(session: Session) -> None:
    """Within the caller's transaction: no place is live any more, so nothing is sent until a person confirms one."""
    session.execute(sa.delete(InstanceFact).where(_IS_PLACE))


_IS_PLACE = InstanceFact.name.startswith(LIVE_AT, autoescape=True)


def _confirm(session: Session, *, by: str) -> None:
    host, directory = here()
    value = {"host": host, "directory": directory, "since": now().isoformat(timespec="seconds"), "by": by}
    fact: dict[str, Any] = {"name": _name_of_here(current_settings()), "value": json.dumps(value)}
    session.execute(insert_or(InstanceFact, dialect_of(session)).values(fact).on_conflict_do_nothing())


def _why_not() -> str:
    until = "It sends nothing until whoever runs this installation confirms that this is the live one."
    places = live_places()
    if not places:
        return f"This database was restored from a backup. {until}"
    place = places[-1]
    if (place.host, place.directory) == here():
        changed = "its machine, its instance.id or the address of its database has changed"
        return f"This is no longer the place that was confirmed: {changed}. {until}"
    return f"This is a copy: the live one is on {place.host}, in {place.directory}. {until}"


def _name_of_here(settings: Settings) -> str:
    """The name of the fact that confirms this place. Raises OSError when the data directory cannot be used."""
    identity = settings.data_dir / "instance.id"
    put_new(identity, f"{secrets.token_hex(16)}\n".encode())
    url = sa.make_url(settings.database_url)._replace(password=None)
    address = url.difference_update_query(["password"]).render_as_string()
    machine = _MACHINE_ID.read_text(encoding="utf-8") if _MACHINE_ID.is_file() else ""
    parts = [identity.read_text(encoding="utf-8"), machine, str(settings.data_dir.resolve()), address]
    return LIVE_AT + sha256(json.dumps(parts).encode()).hexdigest()
