"""What runs by itself: ringing again for work that waits, closing what nobody will finish, forgetting secrets."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import ConnectionTest, EmailAccountHealth, OAuthAttempt, Undo, UserSession
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import UNDER_WAY, Leg, Purpose, State, is_abandoned, legs_of
from nimbus.services.campaign_upkeep import purge_batches
from nimbus.services.contact_upkeep import purge_imports, ring_imports
from nimbus.services.forget_history import forget_history
from nimbus.services.incoming_upkeep import purge_incoming
from nimbus.services.sign_in import ABSOLUTE_LIMIT
from nimbus.services.sweep_sends import end_what_waited, sweep_sends
from nimbus.services.update_account import HISTORY_KEPT

RING_AGAIN_AFTER = timedelta(seconds=5)
_TEST_KEPT = timedelta(days=30)
_ATTEMPT_KEPT = timedelta(days=1)  # a way to a provider and back; what came of it is the account's


def sweep() -> None:
    """Ring for tests and sends that wait for a worker, end those that lost theirs, clear passwords past their time.

    Safe to run twice and at the same time as anything else: every write names the state it starts from.
    """
    moment = now()
    # Plain values, not objects: what is closed must still be exactly what was seen here.
    seen = sa.select(*ConnectionTest.__table__.c).where(ConnectionTest.state.in_(UNDER_WAY))
    for test in db.session.execute(seen).all():
        if is_abandoned(
            State(test.state),
            moment,
            lease_until=test.lease_until,
            wait_until=test.wait_until,
            secrets_until=test.secrets_until,
        ):
            _close(test, moment)
        elif _is_due(test, moment):
            queues.ring(queues.VERIFY_CONNECTION, test.workspace_id, test.id)
    _forget_secrets(moment)
    sweep_sends(moment)
    ring_imports(moment)


def purge() -> None:
    """Delete what has been kept long enough: accounts removed, tests done, sessions, undos, counts of mail and more.

    And end the messages that waited for too long. Asked for each hour; safe to run twice.
    """
    moment = now()
    end_what_waited()
    forget_history()
    purge_imports(moment)
    purge_batches(moment)
    purge_incoming(moment)
    with transaction() as session:
        session.execute(
            sa.delete(EmailAccountHealth).where(EmailAccountHealth.removed_at < moment - HISTORY_KEPT)
        )
        session.execute(
            sa.delete(ConnectionTest).where(
                ConnectionTest.created_at < moment - _TEST_KEPT, ConnectionTest.state.not_in(UNDER_WAY)
            )
        )
        session.execute(sa.delete(OAuthAttempt).where(OAuthAttempt.returned_at < moment - _ATTEMPT_KEPT))
        session.execute(sa.delete(Undo).where(Undo.expires_at < moment))
        session.execute(sa.delete(UserSession).where(UserSession.created_at < moment - ABSOLUTE_LIMIT))


def _is_due(test: sa.Row[Any], moment: datetime) -> bool:
    if test.state == State.QUEUED:
        return bool(test.created_at <= moment - RING_AGAIN_AFTER)
    return bool(test.state == State.WAITING and (test.next_look_at is None or test.next_look_at <= moment))


def interrupted(test: sa.Row[Any], moment: datetime) -> dict[str, Any]:
    """What a test becomes that ends where it stood because nobody will finish it."""
    last = test.progress[-1] if test.progress else None
    return {
        "state": State.FAILED,
        "owner": None,
        "finished_at": moment,
        "failure_leg": Leg(last[0]) if last else legs_of(Purpose(test.purpose))[0],
        "failure_step": last[1] if last else "find_server",
        "failure_code": FailureCode.INTERRUPTED,
    }


def _close(test: sa.Row[Any], moment: datetime) -> None:
    with transaction() as session:
        session.execute(
            sa.update(ConnectionTest)
            .where(
                ConnectionTest.id == test.id,
                ConnectionTest.state == test.state,
                ConnectionTest.lease_until.is_not_distinct_from(test.lease_until),
                ConnectionTest.wait_until.is_not_distinct_from(test.wait_until),
            )
            .values(interrupted(test, moment))
        )


def _forget_secrets(moment: datetime) -> None:
    holds = sa.or_(
        ConnectionTest.sealed_smtp_password.is_not(None), ConnectionTest.sealed_imap_password.is_not(None)
    )
    past = sa.and_(holds, ConnectionTest.secrets_until < moment, ConnectionTest.state.not_in(UNDER_WAY))
    if db.session.scalar(sa.select(sa.exists().where(past))):
        with transaction() as session:
            _clear(session, past)


def _clear(session: Session, past: sa.ColumnElement[bool]) -> None:
    session.execute(
        sa.update(ConnectionTest).where(past).values(sealed_smtp_password=None, sealed_imap_password=None)
    )
