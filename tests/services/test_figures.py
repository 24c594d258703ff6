"""What was sent and what came back is counted once, where it was sent, by whatever somebody asks for."""

from datetime import timedelta

import pytest

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import CampaignContact
from nimbus.models.figure_queries import Per, Sent, figures_by_day, figures_per
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.send_answer_kinds import Category
from tests.factories import make_email_account, make_send
from tests.services.campaigning import all_rows, make_campaign
from tests.services.fetching import answer, complaint, hear_back, report

LONG_AGO = timedelta(days=40)


@pytest.fixture
def campaign(acme, ava):
    """A campaign of Ava's inbox with four contacts; its id."""
    return make_campaign(acme, [ava], 4, delays=(0, 3))


@pytest.fixture
def left(acme, ava, campaign):
    """Write a message that left by its campaign, or by hand; gives its Message-ID."""

    def write(number, *, account_id=ava, ago=timedelta(0), by_hand=False, **values):
        moment, name = now() - ago, f"<m{number}@acme.test>"
        times = {"in_data_at": moment, "finished_at": moment, "attempts": 1}
        contact = all_rows(CampaignContact)[number % 4].contact_id
        of_campaign = {} if by_hand else {"campaign_id": campaign, "contact_id": contact, "step": number // 4}
        kind = "manual" if by_hand else "campaign"
        usual = {"state": "sent", "kind": kind, "recipient": f"c{number}@beta.test", "message_id": name}
        make_send(acme, account_id, **usual | times | of_campaign | values)
        return name

    return write


def per(acme, what, **asked):
    sent = Sent(acme, now() - timedelta(days=30), **asked)
    return {line[1:]: figures for line, figures in figures_per(db.session(), sent, what).items()}


@pytest.mark.claim("C71", partly=True)
def test_what_was_sent_is_counted_by_inbox_domain_campaign_and_step(acme, ava, campaign, left):
    other = make_email_account(acme, "bob@other.test")
    for number in (0, 1, 2, 4):
        left(number)
    left(5, account_id=other, by_hand=True)
    left(6, by_hand=True, kind="test")

    def counts(what):
        return {name: figures.sent for (name, _), figures in per(acme, what).items()}

    assert counts(Per.INBOX) == {"ava@acme.test": 4, "bob@other.test": 1}
    assert counts(Per.DOMAIN) == {"acme.test": 4, "other.test": 1}
    [named] = [name for name in counts(Per.CAMPAIGN) if name]
    assert counts(Per.CAMPAIGN) == {named: 4, None: 1}
    by_step = {line: figures.sent for line, figures in per(acme, Per.STEP, campaign_id=campaign).items()}
    assert by_step == {(named, 0): 3, (named, 1): 1}


@pytest.mark.claim("C71", partly=True)
def test_what_came_back_counts_where_the_message_was_sent(acme, ava, left):
    names = [left(number) for number in range(4)]
    hear_back(
        ava,
        report(names[0], "c0@beta.test"),
        answer(names[1], "Sounds good.", sender="c1@beta.test"),
        answer(names[1], "Sounds good, once more.", sender="c1@beta.test"),
        complaint(names[2]),
    )

    [(_, found)] = per(acme, Per.INBOX).items()

    assert (found.sent, found.delivered, found.complaints, found.answers) == (4, 3, 1, 1)
    assert found.bounced == {Category.HARD_INVALID: 1}
    assert found.heard[ReplyClass.INTERESTED] == 1


def test_what_never_left_counts_only_where_the_receiving_side_refused_it(acme, left):
    left(0, state="failed", category="hard_invalid")
    left(1, state="failed", category="account_removed")
    left(2, state="queued", finished_at=None, in_data_at=None)
    left(3, state="ambiguous", finished_at=None)

    [(_, found)] = per(acme, Per.INBOX).items()

    assert (found.sent, found.bounces, found.in_doubt, found.delivered) == (2, 1, 1, 0)


def test_a_forged_report_counts_nowhere(acme, ava, left):
    left(0)
    hear_back(ava, report("<never@acme.test>", "c0@beta.test"), complaint("<never@acme.test>"))

    [(_, found)] = per(acme, Per.INBOX).items()

    assert (found.bounces, found.complaints, found.delivered) == (0, 0, 1)


def test_days_are_those_of_utc_and_what_is_older_is_left_out(acme, ava, at, left):
    at("2026-11-20T23:30")
    left(0)
    at("2026-11-21T00:30")
    left(1)
    left(2, ago=LONG_AGO)

    found = figures_by_day(db.session(), Sent(acme, now() - timedelta(days=30)))

    assert {f"{day}": figures.sent for day, figures in found.items()} == {"2026-11-20": 1, "2026-11-21": 1}


def test_another_workspace_has_figures_of_its_own(acme, left):
    left(0)

    assert per(acme + 1, Per.INBOX) == {}
