"""Many workers that claim from the same inboxes at the same moment, and a judge that looks on meanwhile."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxDay
from nimbus.rules.send_answers import Category
from nimbus.services.send_ledger import (
    begin_body,
    claim_next,
    mark_ambiguous,
    mark_failed,
    mark_sent,
    put_back,
)
from tests.factories import make_domain
from tests.services.sends import queue


def make_inboxes(workspace_id, limits, *, sends) -> dict[int, int]:
    """Inboxes with these daily limits and that many queued campaign messages each; their limits by id."""
    domain_id = make_domain(workspace_id)
    with transaction() as session:
        accounts = [
            EmailAccountHealth(
                workspace_id=workspace_id,
                email=f"in{number}@acme.test",
                display_name="",
                provider="smtp_imap",
                domain_id=domain_id,
                daily_send_limit=limit,
                created_at=now(),
            )
            for number, limit in enumerate(limits)
        ]
        session.add_all(accounts)
        session.flush()
        inboxes = {account.id: account.daily_send_limit for account in accounts}
    for inbox in inboxes:
        queue(workspace_id, inbox, sends)
    return inboxes


def claim_all(app, workspace_id, inboxes, *, workers, seed=0, refused=0.0) -> Counter:
    """Let workers claim and end at random what they get until nothing is left; what became of it, by inbox.

    An inbox that one of them gets nothing from is left alone by all.
    """
    start, over = Barrier(workers), set()

    def work(number):
        chance, mine = random.Random(seed * 1000 + number), Counter()
        with app.app_context():
            start.wait(timeout=30)
            while left := list(inboxes.keys() - over):
                inbox = chance.choice(left)
                claimed = claim_next(workspace_id, inbox, f"w{number}")
                if claimed is None:
                    over.add(inbox)
                else:
                    mine[inbox, _end(claimed, chance, refused)] += 1
            db.session.remove()
        return mine

    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(work, range(workers)), Counter())


def _end(claimed, chance, refused) -> str:
    """Some are refused for now or for good; of the others most are sent, and some are doubtful or lose their worker."""
    if chance.random() < refused:
        if chance.random() < 0.5:
            put_back(claimed, due_at=now(), category=Category.SOFT_TEMP, sentence="Later.", line="451 later")
            return "put back"
        mark_failed(claimed, Category.BLOCK_POLICY, "Refused.", "550 5.7.1 no")
        return "failed"
    if chance.random() < 0.1:
        return "left"
    begin_body(claimed, b"message")
    if chance.random() < 0.1:
        mark_ambiguous(claimed, "No answer.", "")
        return "ambiguous"
    mark_sent(claimed, "250 ok")
    return "sent"


@contextmanager
def watched(app):
    """Gives a list that gets every day of every inbox that has more in it than its limit, at any moment within."""
    seen, done = [], Event()
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(_watch, app, done, seen)
        try:
            yield seen
        finally:
            done.set()
        looking.result()


def _watch(app, done, seen) -> None:
    over = (
        sa.select(InboxDay.account_id, InboxDay.sent + InboxDay.reserved, EmailAccountHealth.daily_send_limit)
        .join(EmailAccountHealth, EmailAccountHealth.id == InboxDay.account_id)
        .where(InboxDay.sent + InboxDay.reserved > EmailAccountHealth.daily_send_limit)
    )
    with app.app_context():
        while not done.wait(0.02):
            seen += [str(tuple(row)) for row in db.session.execute(over)]
            db.session.rollback()
        db.session.remove()
