"""What a bounce means: the code first, then the words, in the languages of today's systems."""

import pytest

from nimbus.rules.bounce_category import judged
from nimbus.rules.parsed_mail import Failure
from nimbus.rules.send_answers import Category


def category(answer, status="", action="failed"):
    failure = Failure(recipient="kai@berg.test", action=action, status=status, answer=answer)
    return judged(failure).category


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        ("5.1.1", "", Category.HARD_INVALID),
        ("5.0.0", "550 5.1.1 no such user", Category.HARD_INVALID),
        ("5.1.1", "550 5.0.0 rejected", Category.HARD_INVALID),
        ("5.5.0", "550 mailbox unavailable", Category.HARD_INVALID),
        ("5.4.4", "host not found", Category.HARD_DOMAIN),
        ("5.2.2", "552 mailbox full", Category.SOFT_FULL),
        ("4.4.7", "delivery time expired", Category.EXPIRED),
        ("5.4.7", "", Category.EXPIRED),
        ("4.4.1", "no answer from host", Category.SOFT_TEMP),
        ("5.7.1", "550 5.7.1 message looks like spam", Category.BLOCK_CONTENT),
        ("5.7.1", "550 5.7.1 listed by Spamhaus", Category.BLOCK_REPUTATION),
        ("5.7.26", "550 5.7.26 DKIM and SPF did not pass", Category.BLOCK_AUTH),
        ("5.7.133", "550 5.7.133 sender not authenticated for group", Category.BLOCK_POLICY),
        ("5.7.1", "550 5.7.1 authentication required", Category.BLOCK_POLICY),
        ("5.4.6", "too many hops", Category.SOFT_TEMP),
        ("5.3.4", "552 message too large", Category.SIZE_OR_FORMAT),
        ("5.1.8", "550 5.1.8 bad outbound sender", Category.SUSPENDED),
        ("", "550 5.4.5 daily sending limit exceeded", Category.PROVIDER_LIMIT),
        ("", "User unknown", Category.HARD_INVALID),
        ("", "The address does not exist", Category.HARD_INVALID),
        ("", "mailbox is full", Category.SOFT_FULL),
        ("", "Unrouteable address", Category.HARD_DOMAIN),
        ("", "retry timeout exceeded", Category.EXPIRED),
        ("", "Das Postfach des Empfängers ist unbekannt", Category.HARD_INVALID),
        ("", "Ce destinataire n'existe pas", Category.HARD_INVALID),
        ("", "El usuario no existe", Category.HARD_INVALID),
        ("", "Почтовый ящик переполнен", Category.SOFT_FULL),
        ("", "收件人邮箱不存在", Category.HARD_INVALID),
        ("", "something went wrong", Category.UNKNOWN),
    ],
)
def test_a_failure_has_its_category(status, answer, expected):
    assert category(answer, status) is expected


def test_what_is_only_delayed_is_never_for_good():
    assert category("550 5.1.1 no such user", "5.1.1", "delayed") is Category.SOFT_TEMP
    assert category("452 4.2.2 mailbox full", "4.2.2", "delayed") is Category.SOFT_FULL
    assert category("421 4.7.0 too many messages", "4.7.0", "delayed") is Category.THROTTLE


def test_the_words_that_decided_are_kept():
    told = judged(Failure(recipient="a@b.test", answer="550 Das Postfach existiert nicht", action="failed"))

    assert told.decided_by == "Postfach existiert nicht"


@pytest.mark.parametrize(
    "answer", ["550", "550-", "5.1.1", "#5.1.1", "x" * 600, "550 " * 150, "\u202e550 5.1.1", ""]
)
def test_an_odd_answer_has_some_category(answer):
    assert category(answer) in Category
