"""What choosing and claiming a message costs within a running batch: among 10,000 inboxes against among 100."""

import time

import sqlalchemy as sa
from flask import Flask

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import Send
from nimbus.rules.campaign_state import read_hours
from nimbus.services.batch_ledger import take_turn
from nimbus.services.batch_pool import Look, wanted_by
from nimbus.services.campaign_copy import read_steps
from nimbus.services.run_batch import _Running
from nimbus.services.send_ledger import claim_next
from tests.bench.campaigns import again, campaign
from tests.bench.measure import alternate, report

SMALL, LARGE, MESSAGES, TIMES, LIMIT = 100, 10_000, 100, 7, 1.5


def run() -> bool:
    """Alternating rounds of 100 messages; microseconds of CPU for each, without what a batch costs once."""
    with campaign(SMALL, MESSAGES) as few, campaign(LARGE, MESSAGES) as many:
        figures = alternate(lambda: _round(many), lambda: _round(few), times=TIMES)
        return report("rotation_growth", *figures, unit="us", limit=LIMIT)


def _round(app: Flask) -> float:
    with app.app_context():
        again()
        turn = take_turn(1, 1)
        made = turn.campaign
        hours = read_hours(made.timezone, made.days, made.opens, made.closes)
        written = read_steps(db.session(), 1, 1)
        db.session.rollback()
        batch = _Running(turn, Look(1, 1, wanted_by(made), "UTC", now()), hours, written, MESSAGES)
        contacts = batch._portion(None)
        start = time.process_time()
        for contact in contacts:
            batch._serve(contact, [])
        placing = time.process_time() - start
        inboxes = db.session.scalars(sa.select(Send.account_id)).all()
        db.session.rollback()
        start = time.process_time()
        claimed = [claim_next(1, inbox, "bench") for inbox in inboxes]
        assert len([each for each in claimed if each]) == MESSAGES
        return (placing + time.process_time() - start) / MESSAGES * 1e6
