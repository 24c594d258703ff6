"""Sending with less patience, in a crowd, or with one of the five bugs that a harness of sending must see."""

import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import local

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import insert_or
from nimbus.extensions import db
from nimbus.models import InboxDay, InboxSender
from nimbus.models.base import table_of
from nimbus.providers.smtp_imap import delivery
from nimbus.rules.send_answers import Category
from nimbus.services import (
    outlet,
    send_claim,
    send_ledger,
    send_messages,
    send_outcome,
    send_statements,
    sender_turn,
)

LEASE, BEAT = timedelta(seconds=3), timedelta(seconds=0.5)
AGAIN_AFTER = timedelta(seconds=1)


def hurry() -> None:
    """A dead sender is noticed after some 4 seconds instead of 65, and so is a silent server."""
    for module in (send_claim, send_ledger, sender_turn):
        module.LEASE = LEASE
    sender_turn.BEAT = BEAT
    outlet.open_sender = partial(delivery.open_sender, patience=delivery.Patience(answer=5, verdict=1.5))


def try_again_soon() -> None:
    """What a server refused for now waits for a second instead of minutes or hours."""
    send_outcome.SERVER_RESTS = AGAIN_AFTER
    send_outcome.retry_at = lambda _category, _attempts, moment, **_: moment + AGAIN_AFTER


def crowd() -> None:
    """No bug: whoever is told of an inbox sends for it, as a sender that stood still for long also does."""

    def anybody(dialect):
        put = insert_or(InboxSender, dialect)
        taken = {name: put.excluded[name] for name in ("owner", "lease_until")}
        return put.on_conflict_do_update(index_elements=["account_id"], set_=taken)

    sender_turn._taking = anybody


def retry_after_a_silence() -> None:
    """A message that the server never answered is sent again."""

    def put_back(claimed, sentence, line) -> bool:
        again = {"due_at": now(), "category": Category.CONNECTION, "sentence": sentence, "line": line}
        return send_ledger.put_back(claimed, **again)

    send_messages.mark_ambiguous = put_back


def read_then_write_the_budget() -> None:
    """What a day has used is read first, and written back with one more."""
    day, seen = table_of(InboxDay), local()
    patient, facts, of_database = send_claim.patient_write, send_claim._facts, send_claim.of_database

    def after_a_look(action, **options):
        of_inbox = sa.select(day.c.sent, day.c.reserved).where(
            day.c.account_id == action.keywords["account_id"]
        )
        with db.engine.connect() as connection:
            seen.sent, seen.reserved = connection.execute(of_inbox).first() or (0, 0)
        time.sleep(0.1)  # what was read grows old
        return patient(action, **options)

    def as_seen(database):
        sql = of_database(database)
        ids = {f"{name}_id": sa.bindparam(f"of_{name}") for name in ("workspace", "account")}
        put = insert_or(InboxDay, database).values(**ids, day=sa.bindparam("of_day"), sent=0, reserved=1)
        count = put.on_conflict_do_update(
            index_elements=["account_id", "day"], set_={"reserved": seen.reserved + 1}
        )
        return replace(sql, count_day=count, claim=sql.claim_for_person)

    send_claim.patient_write = after_a_look
    send_claim.of_database = as_seen
    send_claim._facts = lambda *given: replace(facts(*given), used_today=seen.sent + seen.reserved)


def call_it_sent_early() -> None:
    """ "Sent" is written when the server wants the body, before it has it."""
    begin, sent = send_messages.begin_body, send_messages.mark_sent

    def begin_and_end(claimed, message) -> bool:
        return begin(claimed, message) and sent(claimed, "354 End with a dot")

    send_messages.begin_body = begin_and_end
    send_messages.mark_sent = lambda *_, **__: True


def forget_the_body() -> None:
    """That the body may have left is only written once the server has answered."""
    begin, sent = send_messages.begin_body, send_messages.mark_sent
    bodies = {}

    def later(claimed, message) -> bool:
        bodies[claimed.id] = message
        return True

    def begin_and_end(claimed, line, **options) -> bool:
        return begin(claimed, bodies.pop(claimed.id)) and sent(claimed, line, **options)

    send_messages.begin_body, send_messages.mark_sent = later, begin_and_end


def reap_the_living() -> None:
    """What a sender holds is taken back without a look at its lease."""
    send_statements._lease_is_over = sa.true


BUGS = {
    bug.__name__: bug
    for bug in (
        retry_after_a_silence,
        read_then_write_the_budget,
        call_it_sent_early,
        forget_the_body,
        reap_the_living,
    )
}
