"""Who may take an address off the list: nobody, where the person behind it has spoken."""

from nimbus.rules.roles import Permission
from nimbus.rules.send_answer_texts import SUPPRESSED_BECAUSE
from nimbus.rules.suppression import MEANINGS, WORDS, SuppressionReason, needed_to_lift


def test_nobody_takes_back_what_the_person_asked_for():
    assert needed_to_lift(SuppressionReason.OPT_OUT) is None
    assert needed_to_lift(SuppressionReason.COMPLAINT) is None


def test_what_a_server_or_a_colleague_said_can_be_taken_back():
    assert needed_to_lift(SuppressionReason.MANUAL) == Permission.OPERATE
    assert needed_to_lift(SuppressionReason.HARD_BOUNCE) == Permission.OVERRULE


def test_every_reason_has_its_words_on_pages_and_in_messages():
    assert WORDS.keys() == MEANINGS.keys() == set(SuppressionReason) == SUPPRESSED_BECAUSE.keys()
