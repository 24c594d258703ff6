"""What a whole workspace sent and heard, added up by the database."""

from datetime import timedelta

from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.models.mail_counts import count_today, list_worst, tally_by_day, tally_by_provider
from nimbus.rules.rates import Tally
from nimbus.services.count_events import count_events
from tests.factories import make_email_account, make_inbox_day
from tests.services.campaigning import change
from tests.services.hearing import hear


def test_mail_is_added_up_by_provider_and_by_day_and_warmup_is_left_out(acme, ava):
    gmail = make_email_account(acme, "gia@acme.test", provider="gmail", legs=())
    hear(acme, ava, "sent", "permanent", times=2, ago=timedelta(days=1))
    hear(acme, gmail, "sent", "complaint")
    hear(acme, gmail, "sent", times=5, stream="warmup")
    count_events(acme)

    by_provider = tally_by_provider(db.session(), acme, now() - timedelta(days=7))
    by_day = tally_by_day(db.session(), acme, (now() - timedelta(days=3)).date())

    assert by_provider == {"gmail": Tally(1, 0, 1), "smtp_imap": Tally(2, 2, 0)}
    assert list(by_day.values()) == [Tally(2, 2, 0), Tally(1, 0, 1)]


def test_the_worst_inbox_is_the_one_furthest_beyond_its_lines(acme, ava):
    other, _well = (make_email_account(acme, f"{name}@acme.test", legs=()) for name in ("gia", "wim"))
    change(EmailAccountHealth, EmailAccountHealth.id == ava, bounce_rate_7d=0.06, complaint_rate_7d=0.0)
    change(EmailAccountHealth, EmailAccountHealth.id == other, bounce_rate_7d=0.01, complaint_rate_7d=0.006)

    assert [each.id for each in list_worst(db.session(), acme, most=5)] == [other, ava]


def test_today_counts_what_inboxes_in_rotation_have_used_of_their_budgets(acme, ava):
    resting = make_email_account(acme, "rex@acme.test", legs=(), is_active=False, daily_send_limit=30)
    for account in (ava, resting):
        make_inbox_day(acme, account, sent=3, reserved=1)

    assert count_today(db.session(), acme, local_day(now(), "Europe/Paris")) == (4, 20)
