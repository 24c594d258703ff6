"""People answer in a conversation: from its inbox, to whoever wrote last, once."""

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import Incoming, Send, Thread
from nimbus.services.answer_thread import answer_thread
from nimbus.services.queue_send import MessageRefused
from tests.factories import make_send, reload
from tests.services.campaigning import all_rows
from tests.services.fetching import answer, hear_back

OURS, BETA = "<ours@acme.test>", "to0@beta.test"
KEY = "a" * 32


@pytest.fixture
def sent(acme, ava):
    """A message that somebody wrote and that left."""
    times = {"in_data_at": now(), "finished_at": now(), "attempts": 1, "state": "sent", "kind": "manual"}
    make_send(acme, ava, recipient=BETA, subject="Hello", message_id=OURS, **times)


def conversations():
    return [(thread.address, thread.reply_class, thread.done_at is None) for thread in all_rows(Thread)]


@pytest.mark.claim("C69", partly=True)
def test_an_answer_leaves_from_the_same_inbox_within_the_thread_and_ends_it(asker, ava, sent):
    [came] = hear_back(ava, answer(OURS, "Sounds good.", References=OURS))
    [thread] = all_rows(Thread)

    new = reload(Send, answer_thread(asker, thread.id, "Monday at ten?", key=KEY))

    assert (new.account_id, new.recipient, new.subject, new.kind) == (ava, BETA, "Re: Hello", "manual")
    assert new.headers == {"In-Reply-To": came.message_id, "References": f"{OURS} {came.message_id}"}
    assert conversations() == [(BETA, "interested", False)]


def test_an_answer_to_what_is_not_the_newest_leaves_the_conversation_open(asker, ava, sent):
    seen = hear_back(ava, answer(OURS))[0].id
    hear_back(ava, answer(OURS, "One more thing."))
    [thread] = all_rows(Thread)

    answer_thread(asker, thread.id, "Monday?", key=KEY, seen=seen)

    assert conversations()[0][2]


def test_pressing_twice_sends_one_answer(asker, ava, sent, at_once):
    hear_back(ava, answer(OURS))
    [thread] = all_rows(Thread)

    ids = at_once(lambda _: answer_thread(asker, thread.id, "Monday?", key=KEY), 2)

    assert len(set(ids)) == 1
    assert len(all_rows(Send)) == 2


def test_who_answers_from_another_address_is_answered_there_and_stays_in_the_conversation(
    acme, asker, ava, sent
):
    hear_back(ava, answer(OURS, sender="boss@beta.test"))
    [thread_id] = [thread.id for thread in all_rows(Thread)]
    new_id = answer_thread(asker, thread_id, "Monday?", key=KEY)
    with transaction() as session:
        new = session.get_one(Send, new_id)
        new.message_id, new.state = "<again@acme.test>", "sent"

    hear_back(ava, answer("<again@acme.test>", "Yes.", sender="boss@beta.test"))

    assert reload(Send, new_id).recipient == "boss@beta.test"
    assert len(conversations()) == 1
    assert {each.thread_id for each in all_rows(Incoming)} == {thread_id}


def test_whoever_asked_for_no_more_mail_is_not_answered(asker, ava, sent):
    hear_back(ava, answer(OURS, "Please unsubscribe me."))
    [thread] = all_rows(Thread)

    with pytest.raises(MessageRefused, match="no more mail"):
        answer_thread(asker, thread.id, "Sorry!", key=KEY)
    assert conversations()[0][2]
