"""What came stands in the conversation that it belongs to; people answer there, say what it is, and when it is done."""

from datetime import timedelta

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import Thread
from nimbus.models.reply_queries import After, ThreadFilter, list_threads
from nimbus.services.incoming_upkeep import OURS_KEPT, purge_incoming
from nimbus.services.keep_threads import NoSuchThread, SomethingNew, set_done
from tests.factories import make_email_account, make_send, reload
from tests.services.campaigning import all_rows
from tests.services.fetching import answer, hear_back, report

OURS, BETA = "<ours@acme.test>", "to0@beta.test"


@pytest.fixture
def sent(acme, ava):
    """A message that somebody wrote and that left; its id."""
    return wrote(acme, ava, message_id=OURS)


def wrote(acme, account_id, *, recipient=BETA, **values):
    times = {"in_data_at": now(), "finished_at": now(), "attempts": 1}
    values = {"kind": "manual", "state": "sent", "recipient": recipient, "subject": "Hello"} | values
    return make_send(acme, account_id, **times | values)


def threads():
    return [(thread.address, thread.reply_class, thread.done_at is None) for thread in all_rows(Thread)]


def test_answers_to_one_message_stand_in_one_conversation_which_a_person_has_to_look_at(ava, sent):
    came = hear_back(ava, answer(OURS), answer(OURS, "Not now, maybe later this year."))

    [thread] = all_rows(Thread)
    assert {each.thread_id for each in came} == {thread.id}
    assert (thread.address, thread.subject, thread.last_id) == (BETA, "Hello", came[-1].id)
    assert threads() == [(BETA, "not_now", True)]


def test_what_a_machine_sends_is_kept_and_asks_nobody(ava, sent):
    hear_back(ava, report(OURS, BETA))

    assert threads() == [(BETA, "bounce", False)]


def test_a_message_of_a_stranger_stands_in_no_conversation(ava, sent):
    [came] = hear_back(ava, answer(None, sender="stranger@else.test"))

    assert (came.thread_id, threads()) == (None, [])


def test_who_writes_anew_to_the_inbox_is_not_lost(ava, sent):
    [came] = hear_back(ava, answer(None, "I lost your mail: what does it cost?"))

    assert came.text.startswith("I lost your mail")
    assert threads() == [(BETA, came.reply_class, True)]


def test_what_is_done_is_open_again_once_they_answer(asker, ava, sent):
    hear_back(ava, answer(OURS))
    [thread] = all_rows(Thread)

    set_done(asker, thread.id, done=True, seen=thread.last_id)
    assert (reload(Thread, thread.id).done_by, threads()[0][2]) == ("Ada", False)
    hear_back(ava, answer(OURS, "Are you there?"))
    assert threads()[0][2]


def test_nobody_ends_what_they_have_not_seen(asker, ava, sent):
    seen = hear_back(ava, answer(OURS))[0].id
    hear_back(ava, answer(OURS, "One more thing."))
    [thread] = all_rows(Thread)

    with pytest.raises(SomethingNew):
        set_done(asker, thread.id, done=True, seen=seen)
    with pytest.raises(NoSuchThread):
        set_done(asker, 999, done=True)
    assert threads()[0][2]


def test_the_list_is_walked_from_the_newest_down_without_a_gap(acme, ava):
    moment = now()
    with transaction() as session:
        for number in range(120):
            at = moment - timedelta(minutes=number // 3)  # some of the same moment
            mine = {"workspace_id": acme, "account_id": ava, "address": f"p{number}@x.test", "subject": "Hi"}
            session.add(Thread(**mine, last_at=at, last_id=number, reply_class="other"))

    pages, after = [], None
    while not pages or after is not None:
        rows, after = list_threads(db.session(), acme, ThreadFilter(), after=after)
        pages.append([(row.last_at, row.id) for row in rows])

    assert [len(page) for page in pages] == [50, 50, 20]
    walked = [line for page in pages for line in page]
    assert walked == sorted(walked, reverse=True)
    assert len(set(walked)) == 120
    assert (
        list_threads(db.session(), acme, ThreadFilter(), after=After(moment - timedelta(days=1), 1))[0] == []
    )


def test_a_conversation_goes_when_nothing_is_left_of_it(ava, sent):
    hear_back(ava, answer(OURS))

    purge_incoming(now() + OURS_KEPT / 2)
    assert len(threads()) == 1
    purge_incoming(now() + OURS_KEPT * 2)
    assert threads() == []


def test_the_list_is_narrowed_to_a_class_an_inbox_and_a_campaign(acme, ava, sent):
    bob = make_email_account(acme, "bob@acme.test")
    of_campaign = {"kind": "campaign", "campaign_id": 7, "contact_id": 1, "step": 0}
    wrote(acme, bob, message_id="<bob@acme.test>", recipient="zoe@beta.test", **of_campaign)
    hear_back(ava, answer(OURS, "Sounds good."))
    hear_back(bob, answer("<bob@acme.test>", "Not interested, thanks.", sender="zoe@beta.test"))

    def found(**wanted):
        return [row.address for row in list_threads(db.session(), acme, ThreadFilter(**wanted))[0]]

    assert found() == ["zoe@beta.test", BETA]
    assert found(account_id=ava) == found(reply_class="interested") == [BETA]
    assert found(campaign_id=7) == ["zoe@beta.test"]
    assert found(client="Acme") == found(campaign_id=8) == found(done=True) == []
