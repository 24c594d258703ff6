"""A worker that tests connections with less patience, or with a bug that the harness must see."""

from datetime import timedelta

import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import ConnectionTest
from nimbus.rules.connection_test import State
from nimbus.security.workspace_keys import vault_of
from nimbus.services import connection_progress, connection_verdict, sweep
from nimbus.services.save_account import save_account

LEASE = timedelta(seconds=2)


def hurry() -> None:
    """A dead worker is noticed after some 3 seconds instead of 25."""
    connection_progress.LEASE = LEASE
    sweep.RING_AGAIN_AFTER = timedelta(seconds=1)  # as often as it sweeps


def save_the_account_early() -> None:
    """The account is there as soon as its message was accepted, before anybody looked for it over IMAP."""
    note = connection_progress.Progress.handed_over

    def note_and_save(self) -> None:
        note(self)
        with transaction() as session:
            vault = vault_of(session, self.test.workspace_id)
            save_account(session, self.test, vault, handed_over_at=self.handed_over_at)

    connection_progress.Progress.handed_over = note_and_save


def forget_the_fence() -> None:
    """Whoever ran a test writes its verdict, though it was taken away meanwhile."""
    the_test, *of_the_owner = connection_progress.OF_OWNER.clauses
    anybody_s = sa.and_(the_test, sa.or_(sa.literal(1) == 1, *of_the_owner))
    unfenced = sa.update(ConnectionTest.__table__).where(anybody_s)
    connection_progress._RENEW = connection_verdict._CONCLUDE = unfenced


def send_again_after_a_crash() -> None:
    """A test whose worker died goes back to the queue, although its message may have left."""

    def put_back(test, _moment) -> None:
        with transaction() as session:
            session.execute(
                sa.update(ConnectionTest)
                .where(ConnectionTest.id == test.id)
                .values(state=State.QUEUED, owner=None)
            )

    sweep._close = put_back


def trust_the_queue() -> None:
    """What was rung for once is never rung for again."""
    sweep._is_due = lambda *_: False


BUGS = {
    bug.__name__: bug
    for bug in (save_the_account_early, forget_the_fence, send_again_after_a_crash, trust_the_queue)
}
