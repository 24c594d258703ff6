"""A workspace is looked at when something was heard of it or a day of it began, and otherwise left alone."""

from datetime import timedelta

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from nimbus import queues
from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, HealthDay
from nimbus.queue_server import queue_url
from nimbus.services.cool_down import cool_until
from nimbus.services.review_due import review_now, review_workspace, ring_for_due
from nimbus.services.update_account import NoSuchAccount
from nimbus.settings import current_settings
from tests.factories import make_email_account, make_workspace, reload
from tests.services.hearing import hear


@pytest.fixture
def rung(context):
    """The workspaces that are rung for now, in an empty queue."""
    connection = queues.connect(queue_url(current_settings()))

    def ring():
        connection.flushall()
        ring_for_due()
        waiting = Queue(queues.MAINTENANCE, connection=connection, serializer=JSONSerializer).get_jobs()
        return [job.args[0] for job in waiting if job.func_name == queues.REVIEW]

    return ring


def test_a_workspace_is_rung_for_while_something_of_it_is_not_judged(acme, ava, rung, clock):
    make_workspace("Zenith")  # without an inbox
    seen = [rung()]
    review_workspace(acme)
    seen.append(rung())
    hear(acme, ava, "sent")
    seen.append(rung())
    review_workspace(acme)
    seen.append(rung())
    clock.advance(days=1)
    seen.append(rung())

    assert seen == [[acme], [], [acme], [], [acme]]


def test_a_look_counts_what_was_heard_and_judges_it(acme, ava):
    hear(acme, ava, "sent", times=30)

    review_workspace(acme)

    assert reload(EmailAccountHealth, ava).bounce_of == 30


def test_a_person_who_asks_hears_what_has_changed_and_the_second_time_nothing(acme, asker, ava):
    other = make_email_account(acme, "bob@acme.test")
    for one in (ava, other):
        hear(acme, one, "sent", "permanent", times=6)

    first, second = review_now(asker, ava), review_now(asker, ava)

    assert [sentence.partition(".")[0] for sentence in first] == [
        "Health hold: warmup and promotion wait",
        "Cooldown after a bounce burst",
        "Stage changed from 3 to 1",
        "Health score 40",
    ]
    assert second == []
    assert (
        reload(EmailAccountHealth, other).hold_state == "none"
    )  # counted with it, and looked at in its turn


def test_nobody_has_an_inbox_of_another_workspace_looked_at(asker):
    theirs = make_email_account(make_workspace("Zenith"), "zoe@zenith.test")

    with pytest.raises(NoSuchAccount):
        review_now(asker, theirs)


def test_an_inbox_that_somebody_changed_is_looked_at_again(acme, asker, ava, rung):
    review_workspace(acme)
    seen = [rung()]
    cool_until(asker, ava, now() + timedelta(hours=2))
    seen.append(rung())
    review_workspace(acme)
    with transaction() as session:
        session.get_one(EmailAccountHealth, ava).connection_state = "auth_revoked"
    seen.append(rung())
    review_workspace(acme)

    assert seen == [[], [acme], [acme]]
    assert reload(EmailAccountHealth, ava).overall_score == 20
    assert reload(HealthDay, (ava, local_day(now(), "Europe/Paris"))).was_cooling
    assert rung() == []
