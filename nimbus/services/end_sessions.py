"""Where a person is signed in, and ending that from elsewhere."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import UserSession
from nimbus.rules.audit import Action
from nimbus.rules.browsers import browser_in_words
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.sign_in import ABSOLUTE_LIMIT, IDLE_LIMIT, SESSION_ID_LENGTH, hash_token


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One place where a person is signed in; `id` names it and opens nothing."""

    id: str
    browser: str
    address: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


def list_sessions(user_id: int, token: str) -> list[OpenSession]:
    """Where this person is signed in, in any workspace: the session of this token first, then the last seen."""
    rows = db.session.scalars(sa.select(UserSession).where(*_live(user_id)))
    mine = hash_token(token)
    found = [
        OpenSession(
            row.token_hash[:SESSION_ID_LENGTH],
            browser_in_words(row.browser),
            row.address,
            row.created_at,
            row.seen_at,
            row.token_hash == mine,
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.is_this, each.seen_at), reverse=True)


def end_session(asker: Asker, session_id: str) -> bool:
    """End one of the asker's sessions; False when they have none of this id, or no longer."""
    is_it = sa.func.substr(UserSession.token_hash, 1, SESSION_ID_LENGTH) == session_id
    with transaction() as session:
        return end_all(session, asker, is_it) == 1


def end_other_sessions(asker: Asker, token: str) -> int:
    """End all of the asker's sessions but the one with this token; returns how many there were."""
    with transaction() as session:
        return end_all(session, asker, UserSession.token_hash != hash_token(token))


def end_all(session: Session, asker: Asker, which: sa.ColumnElement[bool]) -> int:
    """End the asker's sessions that a condition names, within the caller's transaction; returns how many there were."""
    ended = session.execute(
        sa.delete(UserSession)
        .where(*_live(asker.user_id), which)
        .returning(UserSession.token_hash, UserSession.browser)
    ).all()
    for token_hash, browser in ended:
        what = Object("session", token_hash[:SESSION_ID_LENGTH], browser_in_words(browser))
        record(session, Action.SESSION_ENDED, workspace_id=asker.workspace_id, asker=asker, on=what)
    return len(ended)


def _live(user_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Those that still open something; the others wait to be swept away."""
    return (
        UserSession.user_id == user_id,
        UserSession.seen_at >= now() - IDLE_LIMIT,
        UserSession.created_at >= now() - ABSOLUTE_LIMIT,
    )
