"""Whatever is done to a message: it is read, it is one thing, and what is known of it survives its way out of the child."""

import pytest

from nimbus.providers.incoming.parse import parse
from nimbus.providers.incoming.reader import Reader
from nimbus.rules.classification import classify
from nimbus.rules.mail_verdict import MailKind, NamedBy
from nimbus.rules.parsed_mail import LONGEST_TEXT, MOST_ADDRESSES, ParsedMail
from tests.mail.mutations import mutations
from tests.mail.reading import all_mail, corpus, matched

COUNT, THROUGH_THE_CHILD, SEED = 1900, 100, 9


def assert_sound(mail):
    again = ParsedMail.from_json(mail.to_json())
    assert again == mail
    assert len(mail.text) <= LONGEST_TEXT
    assert len(mail.to) + len(mail.cc) <= MOST_ADDRESSES
    verdict = classify(mail, matched(named_by=NamedBy.ADDRESS))
    assert verdict.kind in MailKind
    assert not (verdict.counts and verdict.kind is MailKind.BOUNCE)


def test_a_mutated_message_is_read_and_changes_nothing():
    for raw in mutations(all_mail(), COUNT, SEED):
        assert_sound(parse(raw))


def test_a_mutated_message_comes_out_of_the_child_as_it_was_read_there():
    with Reader() as reader:
        for raw in mutations(all_mail(), THROUGH_THE_CHILD, SEED + 1):
            assert reader.read(raw) == parse(raw)


@pytest.mark.parametrize(
    "folder", ["mikel-mail/emails", "flufl-bounce/data", "github-email-reply-parser/emails"]
)
def test_every_message_of_the_corpora_is_read(folder):
    for path in sorted(corpus(folder).rglob("*.*")):
        assert_sound(parse(path.read_bytes()))
