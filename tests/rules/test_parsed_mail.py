"""A message that was read survives its way through JSON, and JSON that is none is refused."""

from datetime import UTC, datetime

import pytest

from nimbus.rules.parsed_mail import (
    Attachment,
    DeliveryReport,
    Failure,
    FeedbackReport,
    Mailbox,
    ParsedMail,
    Returned,
)

MAIL = ParsedMail(
    message_id="<a@b.test>",
    in_reply_to=("<c@d.test>",),
    references=("<e@f.test>", "<c@d.test>"),
    sender=(Mailbox("Kai", "kai@berg.test"),),
    to=(Mailbox("", "nora@hello.agency.test"),),
    date=datetime(2026, 11, 17, 9, 0, tzinfo=UTC),
    return_path="",
    headers={"auto-submitted": "no"},
    text="naïve 😀",
    delivery=DeliveryReport(found_by="words", is_standard=False, failures=(Failure(recipient="x@y.test"),)),
    feedback=FeedbackReport(feedback_type="abuse", recipients=("x@y.test",)),
    returned=Returned(message_id="<g@h.test>", recipients=("x@y.test",)),
    attachments=(Attachment("a.pdf", "application/pdf", 12),),
)


@pytest.mark.parametrize("mail", [MAIL, ParsedMail(headers={})])
def test_a_message_is_the_same_after_its_way_through_json(mail):
    assert ParsedMail.from_json(mail.to_json()) == mail


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"date": null}', MAIL.to_json().replace('"size"', '"other"')]
)
def test_json_that_is_no_message_is_refused(text):
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        ParsedMail.from_json(text)


def test_the_nearest_message_that_is_answered_comes_first():
    assert MAIL.answers == ("<c@d.test>", "<e@f.test>")
