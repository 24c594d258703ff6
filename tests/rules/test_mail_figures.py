"""How figures are added up, and what of them is known."""

from nimbus.rules.mail_figures import MailFigures
from nimbus.rules.reply_classes import ANSWERS, WORDS, ReplyClass, does_the_same
from nimbus.rules.send_answer_kinds import Category

MONDAY = MailFigures(10, 1, {Category.HARD_INVALID: 2}, {ReplyClass.INTERESTED: 1, ReplyClass.AUTO_REPLY: 3})
TUESDAY = MailFigures(
    5,
    0,
    {Category.HARD_INVALID: 1, Category.UNKNOWN: 1},
    {ReplyClass.UNSUBSCRIBE: 1, ReplyClass.COMPLAINT: 2},
)


def test_delivered_is_what_neither_came_back_nor_is_in_doubt():
    assert (MONDAY.bounces, MONDAY.delivered) == (2, 7)


def test_machines_and_complaints_are_no_answers_and_a_wish_to_stop_is_one():
    assert (MONDAY.answers, TUESDAY.answers, TUESDAY.complaints) == (1, 1, 2)


def test_days_add_up():
    both = MONDAY + TUESDAY

    assert (both.sent, both.in_doubt, both.delivered) == (15, 1, 10)
    assert both.bounced == {Category.HARD_INVALID: 3, Category.UNKNOWN: 1}
    assert (both.answers, both.complaints) == (2, 2)
    assert sum([MONDAY], MailFigures()) == MONDAY


def test_answers_differ_for_people_only_and_every_class_has_a_word():
    assert does_the_same(ReplyClass.NOT_NOW, ReplyClass.OTHER)
    assert not does_the_same(ReplyClass.INTERESTED, ReplyClass.UNSUBSCRIBE)
    assert not does_the_same(ReplyClass.OUT_OF_OFFICE, ReplyClass.AUTO_REPLY)
    assert does_the_same(ReplyClass.BOUNCE, ReplyClass.BOUNCE)
    assert set(WORDS) == set(ReplyClass) > ANSWERS
