"""What people change about themselves, and proving within a session that it is still they who sit there."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import User, UserSession
from nimbus.rules.audit import Action
from nimbus.security.passwords import hash_password, password_matches
from nimbus.services.asker import Asker
from nimbus.services.audit import record
from nimbus.services.end_sessions import end_all
from nimbus.services.sign_in import hash_token, new_token, replace_password


class WrongPassword(NimbusError):
    """What was typed is not the person's password."""


class SessionEnded(NimbusError):
    """The session was ended from elsewhere while its request was under way."""


def change_name(asker: Asker, name: str) -> None:
    """Give the asker another name; lines that are in a log already keep the one before."""
    with transaction() as session:
        user = session.get_one(User, asker.user_id)
        before, user.name = user.name, name
        if before != name:
            record(
                session,
                Action.NAME_CHANGED,
                workspace_id=asker.workspace_id,
                asker=asker,
                name=f"from {before} to {name}",
            )


def change_password(asker: Asker, token: str, *, current: str, new: str) -> tuple[str, int]:
    """Replace the asker's password and end every other session; returns this one's new token and how many ended.

    Raises WrongPassword when `current` is not the password, or no longer; SessionEnded.
    """
    stored = _checked(asker, current)
    new_hash, fresh = hash_password(new), new_token()
    with transaction() as session:
        if not replace_password(session, asker.user_id, stored, new_hash):
            raise WrongPassword("The password was changed a moment ago.")
        _prove(session, token, token_hash=hash_token(fresh))
        ended = end_all(session, asker, UserSession.token_hash != hash_token(fresh))
        record(session, Action.PASSWORD_CHANGED, workspace_id=asker.workspace_id, asker=asker)
    return fresh, ended


def confirm_password(asker: Asker, token: str, password: str) -> None:
    """Note that whoever sits before this session has just typed the person's password.

    Raises WrongPassword, or SessionEnded.
    """
    _checked(asker, password)
    with transaction() as session:
        _prove(session, token)
        record(session, Action.IDENTITY_CONFIRMED, workspace_id=asker.workspace_id, asker=asker)


def _checked(asker: Asker, password: str) -> str:
    """The stored hash, if this is the password; a wrong one is recorded."""
    stored = db.session.scalar(sa.select(User.password_hash).where(User.id == asker.user_id))
    if stored is None or not password_matches(password, stored):
        with transaction() as session:
            record(session, Action.WRONG_PASSWORD, workspace_id=asker.workspace_id, asker=asker)
        raise WrongPassword("This is not your password.")
    return stored


def _prove(session: Session, token: str, **changes: str) -> None:
    proved = session.execute(
        sa.update(UserSession)
        .where(UserSession.token_hash == hash_token(token))
        .values(proved_at=now(), **changes)
    )
    if proved.rowcount != 1:  # type: ignore[attr-defined]
        raise SessionEnded("This session was ended a moment ago.")
