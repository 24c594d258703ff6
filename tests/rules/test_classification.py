"""What a message is, in which order that is decided, and what of it counts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nimbus.rules.classification import BOUNCES_WITHIN, COMPLAINS_WITHIN, classify
from nimbus.rules.mail_verdict import MailKind, Matched, NamedBy, SentMail
from nimbus.rules.parsed_mail import DeliveryReport, Failure, FeedbackReport, Mailbox, ParsedMail
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.send_answers import Category

SENT_AT = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
KAI = "kai@berg.test"
FAILED = Failure(recipient=KAI, action="failed", status="5.1.1", answer="550 5.1.1 no such user")
PLAIN = ParsedMail(
    headers={},
    sender=(Mailbox("Kai", KAI),),
    subject="Re: hello",
    text="Yes, please.",
    reply_text="Yes, please.",
)


def bounce(*failures):
    return replace(
        PLAIN, delivery=DeliveryReport(found_by="delivery-status", is_standard=True, failures=failures)
    )


def complaint(feedback_type="abuse"):
    return replace(PLAIN, feedback=FeedbackReport(feedback_type=feedback_type))


def about(*, named_by=NamedBy.MESSAGE_ID, after=timedelta(hours=1), recipient=KAI):
    sent = SentMail(recipient=recipient, sent_at=SENT_AT, named_by=named_by)
    return Matched(received_at=SENT_AT + after, sent=sent)


NOTHING = Matched(received_at=SENT_AT)


@pytest.mark.parametrize("own", [MailKind.TEST, MailKind.WARMUP, MailKind.SENT])
def test_own_mail_comes_first_whatever_it_says(own):
    verdict = classify(bounce(FAILED), Matched(received_at=SENT_AT, own=own))

    assert (verdict.kind, verdict.counts) == (own, False)


def test_a_complaint_comes_before_a_bounce_and_a_bounce_before_an_automatic_answer():
    automatic = {"auto-submitted": "auto-replied"}

    assert classify(replace(bounce(FAILED), headers=automatic), about()).kind is MailKind.BOUNCE
    both = replace(bounce(FAILED), headers=automatic, feedback=FeedbackReport(feedback_type="abuse"))
    assert classify(both, about()).kind is MailKind.COMPLAINT


@pytest.mark.parametrize("named_by", [NamedBy.MESSAGE_ID, NamedBy.TOKEN])
def test_a_report_about_a_message_that_was_sent_from_here_counts(named_by):
    assert classify(bounce(FAILED), about(named_by=named_by)).counts
    assert classify(complaint(), about(named_by=named_by)).counts


@pytest.mark.parametrize("mail", [bounce(FAILED), complaint()])
@pytest.mark.parametrize(
    "matched", [NOTHING, about(named_by=NamedBy.ADDRESS), about(after=timedelta(hours=-2))]
)
def test_a_forged_report_is_shown_and_changes_nothing(mail, matched):
    verdict = classify(mail, matched)

    assert verdict.kind in {MailKind.BOUNCE, MailKind.COMPLAINT}
    assert not verdict.counts


@pytest.mark.parametrize(
    ("mail", "within"), [(bounce(FAILED), BOUNCES_WITHIN), (complaint(), COMPLAINS_WITHIN)]
)
def test_a_report_counts_until_its_time_is_over(mail, within):
    assert classify(mail, about(after=within)).counts
    assert not classify(mail, about(after=within + timedelta(seconds=1))).counts


def test_of_several_recipients_ours_is_meant():
    other = replace(FAILED, recipient="other@berg.test", status="5.2.2", answer="552 5.2.2 mailbox full")
    verdict = classify(bounce(other, FAILED), about())

    assert [each.recipient for each in verdict.bounced] == [KAI, "other@berg.test"]
    assert verdict.bounced[0].category is Category.HARD_INVALID
    assert not classify(bounce(other, other), about()).counts


def test_a_forwarded_message_that_bounces_counts_for_whom_it_was_sent_to():
    forwarded = replace(FAILED, recipient="private@home.test")
    behind = replace(FAILED, recipient="a@b.test", final_recipient=KAI)

    assert classify(bounce(forwarded), about()).counts
    assert classify(bounce(forwarded, behind), about()).bounced[0].recipient == "a@b.test"


def test_what_a_server_still_tries_is_not_final():
    tried = replace(FAILED, action="delayed", status="4.4.1", answer="connection timed out")
    gone = replace(FAILED, action="delayed", answer="550 5.1.1 no such user")

    assert [classify(bounce(each), about()).bounced[0].is_final for each in (tried, FAILED)] == [False, True]
    assert classify(bounce(gone), about()).bounced[0].category is Category.SOFT_TEMP


def test_a_report_that_mail_arrived_is_no_bounce():
    arrived = Failure(recipient=KAI, action="delivered", status="2.0.0")

    assert classify(bounce(arrived), about()).kind is MailKind.AUTO_REPLY


@pytest.mark.parametrize(
    ("feedback_type", "kind", "reply_class", "counts"),
    [
        ("abuse", MailKind.COMPLAINT, ReplyClass.COMPLAINT, True),
        ("fraud", MailKind.COMPLAINT, ReplyClass.COMPLAINT, True),
        ("opt-out", MailKind.AUTO_REPLY, ReplyClass.UNSUBSCRIBE, True),
        ("not-spam", MailKind.AUTO_REPLY, ReplyClass.AUTO_REPLY, False),
        ("auth-failure", MailKind.AUTO_REPLY, ReplyClass.AUTO_REPLY, False),
    ],
)
def test_only_a_complaint_complains(feedback_type, kind, reply_class, counts):
    verdict = classify(complaint(feedback_type), about())

    assert (verdict.kind, verdict.reply_class, verdict.counts) == (kind, reply_class, counts)


def test_a_persons_answer_is_a_reply_in_a_thread_of_ours_and_unmatched_elsewhere():
    assert classify(PLAIN, about()).kind is MailKind.REPLY
    assert classify(PLAIN, about(after=timedelta(days=400))).counts
    assert classify(PLAIN, NOTHING).kind is MailKind.UNMATCHED
    assert not classify(PLAIN, about(named_by=NamedBy.ADDRESS)).counts


@pytest.mark.parametrize("matched", [NOTHING, about(named_by=NamedBy.ADDRESS)])
def test_an_opt_out_in_the_name_of_a_contact_is_shown_and_changes_nothing(matched):
    verdict = classify(replace(PLAIN, subject="unsubscribe", reply_text=""), matched)

    assert (verdict.kind, verdict.reply_class) == (MailKind.UNMATCHED, ReplyClass.UNSUBSCRIBE)
    assert not verdict.counts


def test_what_the_link_of_our_header_wrote_is_an_opt_out_whatever_program_sends_it():
    written = replace(PLAIN, headers={"auto-submitted": "auto-generated"}, reply_text="")
    verdict = classify(written, replace(about(named_by=NamedBy.TOKEN), asks_to_stop=True))

    assert (verdict.kind, verdict.reply_class, verdict.counts) == (
        MailKind.REPLY,
        ReplyClass.UNSUBSCRIBE,
        True,
    )


def test_who_is_away_says_when_to_come_again():
    away = replace(
        PLAIN,
        headers={"auto-submitted": "auto-replied"},
        reply_text="I am out of the office until 20 November.",
    )
    verdict = classify(away, about())

    assert (verdict.reply_class, verdict.back_on) == (ReplyClass.OUT_OF_OFFICE, date(2026, 11, 21))
    assert verdict.counts


def test_the_evidence_names_what_decided():
    facts = dict(classify(bounce(FAILED), about()).facts)

    assert facts["Status"] == "5.1.1"
    assert facts["Decided by"] == "550 5.1.1"
    assert facts["Matched by"] == "the Message-ID of a message sent from here"
