"""What a person says that a message is takes the place of what the rules said, with everything that follows from it."""

import pytest

from nimbus.clock import now
from nimbus.models import AuditEvent, CampaignContact, InboxEvent, Incoming, Suppression, Thread
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.correct_reply import NoSuchReply, correct_reply
from tests.factories import make_person, make_send, make_workspace, reload
from tests.services.campaigning import all_rows, change, make_campaign
from tests.services.fetching import answer, hear_back

OURS, THEIRS = "<ours@acme.test>", "c0@beta.test"


@pytest.fixture
def came(acme, ava):
    """An answer to a campaign's message, which ended its sequence; its id."""
    campaign_id = make_campaign(acme, [ava], 1, delays=(0, 3))
    [contact] = all_rows(CampaignContact)
    change(CampaignContact, CampaignContact.campaign_id == campaign_id, state="placed", account_id=ava)
    of_campaign = {"campaign_id": campaign_id, "contact_id": contact.contact_id, "step": 0}
    left = {"kind": "campaign", "state": "sent", "attempts": 1, "in_data_at": now(), "finished_at": now()}
    make_send(acme, ava, recipient=THEIRS, message_id=OURS, **of_campaign | left)
    came_id = hear_back(ava, answer(OURS, "Sounds good.", sender=THEIRS))[0].id
    assert contact_state() == ("stopped", "reply")
    return came_id


def contact_state():
    [only] = all_rows(CampaignContact)
    return only.state, only.stopped_by


def suppressed():
    return [(row.email, row.reason) for row in all_rows(Suppression)]


def test_a_correction_is_kept_with_who_made_it_when_and_from_what(asker, came):
    correct_reply(asker, came, ReplyClass.NOT_NOW)
    correct_reply(asker, came, ReplyClass.NOT_NOW)

    now_is = reload(Incoming, came)
    assert now_is.reply_class == all_rows(Thread)[0].reply_class == "not_now"
    assert [each[1:] for each in now_is.corrections] == [["Ada", "interested", "not_now"]]
    assert [event.action for event in all_rows(AuditEvent)] == ["reply_corrected"]
    assert contact_state() == ("stopped", "reply")


def test_an_answer_that_was_none_lets_the_sequence_go_on(asker, came):
    correct_reply(asker, came, ReplyClass.AUTO_REPLY)

    assert contact_state() == ("placed", None)


def test_who_is_away_after_all_waits(asker, came):
    correct_reply(asker, came, ReplyClass.OUT_OF_OFFICE)

    assert contact_state() == ("placed", None)
    assert all_rows(CampaignContact)[0].away_until is not None


def test_the_sequence_stays_ended_where_they_answered_once_more(asker, ava, came):
    hear_back(ava, answer(OURS, "Yes, call me.", sender=THEIRS))

    correct_reply(asker, came, ReplyClass.AUTO_REPLY)

    assert contact_state() == ("stopped", "reply")


def test_an_opt_out_that_no_rule_saw_ends_all_mail_and_is_not_taken_back(asker, came):
    correct_reply(asker, came, ReplyClass.UNSUBSCRIBE)
    correct_reply(asker, came, ReplyClass.INTERESTED)

    assert suppressed() == [(THEIRS, "opt_out")]
    assert len(reload(Incoming, came).corrections) == 2


def test_a_complaint_that_no_rule_saw_counts_once(asker, came):
    for became in (ReplyClass.COMPLAINT, ReplyClass.OTHER, ReplyClass.COMPLAINT):
        correct_reply(asker, came, became)

    assert suppressed() == [(THEIRS, "complaint")]
    assert [event.kind for event in all_rows(InboxEvent)] == ["complaint"]


def test_an_automatic_answer_that_was_a_person_ends_the_sequence(asker, ava, came):
    correct_reply(asker, came, ReplyClass.AUTO_REPLY)
    correct_reply(asker, came, ReplyClass.OTHER)

    assert contact_state() == ("stopped", "reply")


def test_a_bounce_that_no_rule_saw_ends_the_sequence_and_counts_against_the_inbox(asker, came):
    correct_reply(asker, came, ReplyClass.BOUNCE)

    assert contact_state() == ("stopped", "bounce")
    assert [event.kind for event in all_rows(InboxEvent)] == ["permanent"]
    assert suppressed() == []


def test_a_person_can_say_that_a_message_is_an_answer_which_names_none_of_ours(asker, ava, came):
    correct_reply(asker, came, ReplyClass.AUTO_REPLY)
    nameless = hear_back(ava, answer(None, "Hello there.", sender=THEIRS))[-1]
    assert (nameless.counts, contact_state()) == (False, ("placed", None))

    correct_reply(asker, nameless.id, ReplyClass.INTERESTED)

    assert contact_state() == ("stopped", "reply")


def test_an_answer_that_passed_for_a_machines_waits_for_a_person(asker, ava, came):
    change(Thread, Thread.account_id == ava, done_at=now(), done_by=None)
    correct_reply(asker, came, ReplyClass.AUTO_REPLY)
    assert all_rows(Thread)[0].done_at is not None

    correct_reply(asker, came, ReplyClass.INTERESTED)

    assert all_rows(Thread)[0].done_at is None


def test_nobody_corrects_what_came_to_another_workspace(came):
    charlie = make_person(make_workspace("Zenith"), "Charlie")
    stranger = Asker(charlie.workspace_id, charlie.user_id, "Charlie", Role.OWNER, "")

    with pytest.raises(NoSuchReply):
        correct_reply(stranger, came, ReplyClass.COMPLAINT)
    assert suppressed() == []
