"""What comes back changes what it should, once, and only where it is about a message of ours."""

import time

import pytest

from nimbus.clock import now
from nimbus.models import CampaignContact, CooldownRow, InboxEvent, Incoming, Send, Suppression
from nimbus.services.count_events import count_events
from nimbus.services.read_incoming import read_waiting
from tests.factories import make_send, reload
from tests.services.campaigning import all_rows, change, make_campaign
from tests.services.fetching import answer, complaint, fetch, hear_back, report
from tests.services.hearing import totals

OURS = "<ours@acme.test>"


@pytest.fixture
def sent(acme, ava):
    """A message of a campaign that left a moment ago; its id."""
    campaign_id = make_campaign(acme, [ava], 1, delays=(0, 3))
    [contact] = all_rows(CampaignContact)
    change(CampaignContact, CampaignContact.campaign_id == campaign_id, state="placed", account_id=ava)
    of_campaign = {
        "campaign_id": campaign_id,
        "contact_id": contact.contact_id,
        "step": 0,
        "kind": "campaign",
    }
    return sent_message(acme, ava, recipient="c0@beta.test", message_id=OURS, **of_campaign)


def sent_message(acme, ava, **values):
    return make_send(acme, ava, state="sent", attempts=1, in_data_at=now(), finished_at=now(), **values)


def contact():
    [only] = all_rows(CampaignContact)
    return only


def suppressed():
    return [(row.email, row.reason) for row in all_rows(Suppression)]


def heard():
    return [(event.kind, event.cause) for event in all_rows(InboxEvent)]


@pytest.mark.claim("C69", partly=True)
def test_an_answer_stops_the_sequence_and_is_shown_on_the_message(ava, sent):
    [came] = hear_back(ava, answer(OURS, sender="c0@beta.test"))

    assert (came.kind, came.send_id, came.counts, came.raw) == ("reply", sent, True, None)
    assert came.reply_text == "Yes, let us talk on Monday."
    assert (contact().state, contact().stopped_by) == ("stopped", "reply")
    assert reload(Send, sent).timeline[-1][1:3] == ["reply", "c0@beta.test answered."]
    assert suppressed() == []


@pytest.mark.claim("C32", partly=True)
def test_a_hard_bounce_suppresses_the_address_and_counts_once(acme, ava, sent):
    hear_back(ava, report(OURS, "c0@beta.test"))
    hear_back(ava, report(OURS, "c0@beta.test"))
    count_events(acme)

    assert suppressed() == [("c0@beta.test", "hard_bounce")]
    assert heard() == [("permanent", f"send:{sent}")]
    assert totals(ava) == (0, 1, 0)
    assert contact().stopped_by == "bounce"
    assert reload(Send, sent).timeline[-1][3] == "550 5.1.1 User unknown"


def test_a_message_that_is_only_delayed_changes_nothing(ava, sent):
    [came] = hear_back(
        ava, report(OURS, "c0@beta.test", action="delayed", status="4.4.1", text="451 Try later")
    )

    assert came.kind == "bounce"
    assert (suppressed(), heard(), contact().state) == ([], [], "placed")


def test_a_block_counts_against_the_inbox_and_keeps_the_contact(ava, sent):
    hear_back(
        ava, report(OURS, "c0@beta.test", status="5.7.1", text="550 5.7.1 Very low reputation of the sender")
    )

    assert ("permanent", f"send:{sent}") in heard()
    assert (suppressed(), contact().state) == ([], "placed")


@pytest.mark.claim("C33", partly=True)
@pytest.mark.claim("C40", partly=True)
def test_a_complaint_suppresses_counts_and_cools_the_inbox_down(acme, ava, sent):
    hear_back(ava, complaint(OURS))
    hear_back(ava, complaint(OURS))
    count_events(acme)

    assert suppressed() == [("c0@beta.test", "complaint")]
    assert heard() == [("complaint", f"send:{sent}")]
    assert contact().stopped_by == "complaint"
    assert [row.kind for row in all_rows(CooldownRow)] == ["complaint"]


def test_an_opt_out_is_the_persons_own_word_and_ends_everything(ava, sent):
    hear_back(ava, answer(OURS, "Please unsubscribe me.", sender="c0@beta.test"))

    assert suppressed() == [("c0@beta.test", "opt_out")]
    assert contact().stopped_by == "opt_out"


def test_who_is_away_waits_and_is_not_stopped(ava, sent):
    [came] = hear_back(
        ava,
        answer(
            OURS,
            "I am out of the office.",
            sender="c0@beta.test",
            subject="Automatic reply: Hello",
            Auto_Submitted="auto-replied",
        ),
    )

    assert came.reply_class == "out_of_office"
    assert contact().state == "placed"
    assert contact().away_until is not None


@pytest.mark.parametrize("forged", ["<never@acme.test>", "<other@beta.test>"])
def test_a_forged_report_changes_nothing(ava, sent, forged):
    [bounce, ours] = hear_back(ava, report(forged, "c0@beta.test"), complaint(forged))

    assert (bounce.kind, bounce.counts, ours.kind, ours.counts) == ("bounce", False, "complaint", False)
    assert (suppressed(), heard(), contact().state) == ([], [], "placed")


def test_an_answer_proves_that_a_message_in_doubt_was_sent(acme, ava):
    send_id = make_send(acme, ava, state="ambiguous", attempts=1, message_id=OURS, recipient="to0@beta.test")

    hear_back(ava, answer(OURS))

    assert reload(Send, send_id).state == "sent"


def test_reading_a_mailbox_twice_leaves_all_counters_as_they_were(acme, ava, sent):
    mail = [report(OURS, "c0@beta.test"), answer(OURS, sender="c0@beta.test"), complaint(OURS)]
    hear_back(ava, *mail)
    count_events(acme)
    before = (heard(), suppressed(), totals(ava), len(all_rows(Incoming)))

    hear_back(ava, *mail)
    count_events(acme)

    assert (heard(), suppressed(), totals(ava), len(all_rows(Incoming))) == before


def test_a_message_that_kills_its_reader_three_times_is_set_aside_and_the_next_is_read(ava, sent):
    fetch(ava, answer(OURS, sender="c0@beta.test"), answer(OURS, sender="c0@beta.test"))
    first = all_rows(Incoming)[0]
    change(Incoming, Incoming.id == first.id, tries=3)

    [bad, good] = hear_back(ava)

    assert (bad.state, good.state) == ("poison", "parsed")
    assert "three times" in bad.problem


def test_two_readers_share_the_work_and_do_nothing_twice(ava, sent, at_once):
    fetch(ava, *(answer(OURS, sender="c0@beta.test") for _ in range(6)))

    counts = at_once(lambda _: read_waiting(time.monotonic() + 30), 2)

    assert sum(counts) == 6
    assert len(reload(Send, sent).timeline) == 6
