"""What servers answer to an inbox's mail is kept of that inbox, once each, whichever way the mail took."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import InboxEvent, InboxMailDay, InboxMailHour, Send
from nimbus.services import count_events as counting
from nimbus.services.count_events import count_events
from nimbus.services.forget_history import forget_history
from nimbus.services.prepared import writing_in
from nimbus.services.record_outcome import Fact, record_fact
from nimbus.services.resolve_send import resolve
from nimbus.services.review_due import review_workspace
from nimbus.services.send_messages import serve_inbox
from nimbus.services.sweep import purge
from tests.factories import make_send
from tests.servers.faults import ScriptedSmtp, hang_up
from tests.services.hearing import days, events, hear, outcomes, totals
from tests.services.posting import make_inbox, queue


def kinds(account_id):
    return [kind for kind, _ in events(account_id)]


@pytest.mark.parametrize(
    ("point", "answer", "heard"),
    [
        ("MESSAGE", b"250 2.0.0 Ok", ["sent"]),
        ("MESSAGE", hang_up, ["sent"]),
        ("RCPT", b"550 5.1.1 No such user", ["sent", "permanent"]),
        ("MESSAGE", b"550 5.7.1 very low reputation of the sending domain", ["sent", "permanent", "block"]),
        ("RCPT", b"452 4.2.2 Mailbox full", ["soft"]),
        ("MAIL", b"421 4.7.28 Unusual rate of mail", ["throttle"]),
        ("MAIL", b"550 5.4.5 Daily sending quota exceeded", ["provider_limit"]),
        ("AUTH", b"535 5.7.8 Wrong password", ["soft"]),
        ("GREETING", hang_up, ["connection"]),
        ("MESSAGE", b"552 5.3.4 Too big", []),
    ],
)
def test_each_answer_over_smtp_is_a_fact_of_its_inbox(acme, point, answer, heard):
    with ScriptedSmtp({point: answer}) as smtp:
        inbox = make_inbox(acme, smtp.port)
        send_id = queue(acme, inbox)
        serve_inbox(acme, inbox)

    assert kinds(inbox) == heard
    db.session.rollback()
    assert set(db.session.scalars(sa.select(InboxEvent.send_id))) <= {send_id}


def test_a_person_who_resolves_a_doubt_adds_what_nobody_had_heard(acme, asker, ava):
    restored = make_send(acme, ava, state="ambiguous")  # as a backup leaves what was under way

    resolve(asker, restored, was_sent=True)

    assert kinds(ava) == ["sent"]


def test_what_a_later_sign_tells_is_written_by_its_cause_once(acme, ava):
    [send_id] = hear(acme, ava, "sent")
    complaint = Fact(acme, ava, "complaint", f"send:{send_id}", now(), "production", send_id)
    for _ in range(2):
        with transaction() as session:
            record_fact(writing_in(session), complaint, detail="It was reported.")
    count_events(acme)

    assert kinds(ava) == ["sent", "complaint"]
    assert (totals(ava), outcomes(ava)) == ((1, 0, 1), ["complaint"])


def test_mail_counts_in_the_hour_of_utc_whatever_the_workspaces_zone(acme, ava, clock):
    hear(acme, ava, "sent", ago=timedelta(0))
    review_workspace(acme)

    sent_at = db.session.scalar(sa.select(InboxEvent.at))
    assert db.session.scalar(sa.select(InboxMailHour.hour)) == sent_at.replace(
        minute=0, second=0, microsecond=0
    )
    assert db.session.scalar(sa.select(InboxMailDay.day)) == sent_at.date()


def test_after_a_long_silence_everything_is_counted_in_portions(acme, ava, monkeypatch):
    monkeypatch.setattr(counting, "AT_ONCE", 7)
    hear(acme, ava, "sent", times=20)

    assert count_events(acme) == 20
    assert (totals(ava), len(outcomes(ava))) == ((20, 0, 0), 20)


def test_what_nobody_reads_any_more_is_forgotten_and_what_is_not_counted_stays(acme, ava, clock):
    hear(acme, ava, "sent", times=3)
    review_workspace(acme)
    hear(acme, ava, "sent")
    clock.advance(days=7)
    purge()
    assert (totals(ava)[0], len(kinds(ava))) == (3, 4)

    clock.advance(days=2)
    purge()
    assert (totals(ava)[0], days(ava)[0], len(kinds(ava))) == (None, 3, 4)
    clock.advance(days=82)
    forget_history()
    assert (days(ava)[0], len(kinds(ava))) == (3, 1)
    clock.advance(days=310)
    forget_history()
    assert (days(ava)[0], len(kinds(ava))) == (None, 1)
    assert db.session.query(Send).count() == 0
