"""What comes back changes what it should, once, and only where it is about a message of ours."""

import time

import pytest

from nimbus.clock import now
from nimbus.models import CampaignContact, CooldownRow, HealthEvent, InboxEvent, Incoming, Send, Suppression
from nimbus.rules.send_mark import send_mark
from nimbus.services.count_events import count_events
from nimbus.services.read_incoming import read_waiting
from nimbus.services.unsubscribe_links import token_of
from tests.factories import make_send, reload
from tests.mail.mutations import mutations
from tests.mail.reading import all_mail
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


def test_an_opt_out_in_the_name_of_a_contact_waits_for_a_person(ava, sent):
    [came] = hear_back(ava, answer(None, "Please unsubscribe me.", sender="c0@beta.test"))

    assert (came.kind, came.reply_class, came.counts) == ("unmatched", "unsubscribe", False)
    assert came.reply_text == "Please unsubscribe me."
    assert (suppressed(), contact().state) == ([], "placed")


@pytest.mark.parametrize("whose", [0, 1])
def test_what_the_link_of_our_header_writes_is_believed_in_its_own_workspace(acme, ava, sent, whose):
    token = token_of(acme + whose, "c0@beta.test")
    [came] = hear_back(ava, answer(None, "", sender="c0@beta.test", subject=f"unsubscribe {token}"))

    assert came.counts is not bool(whose)
    assert suppressed() == ([] if whose else [("c0@beta.test", "opt_out")])
    assert token not in came.subject


def test_a_report_is_matched_by_our_mark_where_the_message_id_was_changed_on_its_way(acme, ava):
    left = "<0123456789abcdef0123456789abcdef@acme.test>"
    send_id = sent_message(acme, ava, recipient="to0@beta.test", message_id=left)
    marks = [send_mark(send_id, left), f"{send_id}.{'0' * 32}", str(send_id)]

    came = hear_back(ava, *map(marked_report, marks))

    assert [(each.kind, each.counts) for each in came] == [("bounce", True)] + [("bounce", False)] * 2
    assert heard() == [("permanent", f"send:{send_id}")]


def marked_report(mark):
    return report(f"<other@prod.outlook.test>\nX-NimbusOS-Send: {mark}", "to0@beta.test")


def test_a_copy_of_what_we_sent_is_no_answer_even_where_it_goes_on_with_a_thread(acme, ava, sent):
    left = "<fedcba9876543210fedcba9876543210@acme.test>"
    again = sent_message(acme, ava, recipient="c0@beta.test", message_id=left)
    mark = send_mark(again, left)

    [copy] = hear_back(ava, answer(OURS, sender="ava@acme.test", X_NimbusOS_Send=mark))

    assert (copy.kind, copy.counts, contact().state) == ("sent", False, "placed")


def test_an_answer_that_carries_our_headers_along_is_an_answer(acme, ava):
    left = "<0123456789abcdef0123456789abcdef@acme.test>"
    mark = send_mark(sent_message(acme, ava, recipient="to0@beta.test", message_id=left), left)

    [came] = hear_back(ava, answer(left, X_NimbusOS_Send=mark))

    assert (came.kind, came.counts) == ("reply", True)


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


def test_who_has_left_is_written_to_no_more_and_a_person_is_told(ava, sent):
    left = "Rob no longer works for Beta. Please write to info@beta.test instead."
    hear_back(ava, answer(OURS, left, sender="c0@beta.test", Auto_Submitted="auto-replied"))

    assert (contact().state, suppressed(), heard()) == ("stopped", [], [])
    assert [event.sentence for event in all_rows(HealthEvent)] == [
        "Nobody reads c0@beta.test any more, an automatic answer says"
    ]


@pytest.mark.parametrize("forged", ["<never@acme.test>", "<other@beta.test>"])
def test_a_forged_report_changes_nothing(ava, sent, forged):
    [bounce, ours] = hear_back(ava, report(forged, "c0@beta.test"), complaint(forged))

    assert (bounce.kind, bounce.counts, ours.kind, ours.counts) == ("bounce", False, "complaint", False)
    assert (suppressed(), heard(), contact().state) == ([], [], "placed")


def test_an_answer_proves_that_a_message_in_doubt_was_sent(acme, ava):
    send_id = make_send(acme, ava, state="ambiguous", attempts=1, message_id=OURS, recipient="to0@beta.test")

    hear_back(ava, answer(OURS))

    assert reload(Send, send_id).state == "sent"


def test_a_bounce_that_is_reported_again_is_told_once(ava, sent):
    hear_back(
        ava, report(OURS, "c0@beta.test"), report(OURS, "c0@beta.test"), complaint(OURS), complaint(OURS)
    )

    assert sorted(event.kind for event in all_rows(HealthEvent)) == ["bounce", "complaint"]


def test_another_message_with_the_same_message_id_is_not_lost(ava, sent):
    first = answer(OURS, sender="c0@beta.test", Date="Mon, 23 Nov 2026 09:00:00 +0000")
    other = first.replace(b"09:00:00", b"10:00:00").replace(b"Yes, let us talk", b"No, let us write")

    texts = [came.reply_text for came in hear_back(ava, first, first, other)]

    assert texts == ["Yes, let us talk on Monday.", "No, let us write on Monday."]


def test_mail_as_no_program_writes_it_is_kept_by_the_database_too(ava, sent):
    mail = [part.replace(b"<ours@acme.test>", OURS.encode()) for part in mutations(all_mail(), 80, 3)]
    odd = answer(OURS, "a", sender="c0@beta.test").replace(b"\n\na", b"\n\na\0\xed\xa0\x80\xff")

    came = hear_back(ava, *mail, odd)

    assert {row.state for row in came} == {"parsed"}


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
