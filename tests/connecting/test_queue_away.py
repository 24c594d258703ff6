"""The embedded queue is killed while it is needed: nothing is lost, and the page knows the outcome."""

import pytest
from redis.exceptions import RedisError

from nimbus.models import EmailAccountHealth
from tests.connecting.reading import Reading
from tests.connecting.relay import Relay

pytest_plugins = ["tests.queue_fixtures"]


@pytest.fixture
def queue_server(queue):
    """A queue of this test's own instead of the one that all share."""
    return queue.url


def test_queue_killed_while_a_test_runs_does_not_stop_it(mail_stack, queue, post, alice, run_jobs, read):
    with Relay(mail_stack, "ann@alpha.test", before={"RCPT": queue.kill}) as relay:
        url = post(smtp_port=relay.port, smtp_security="none")
        with pytest.raises(RedisError):
            run_jobs()

    assert "Linked to domain alpha.test" in Reading(alice.get(url).text)
    assert len(read(EmailAccountHealth)) == 1


def test_test_begun_while_the_queue_is_away_runs_once_it_is_back(
    queue, post, alice, clock, sweeps, last_test
):
    queue.kill()
    url = post()
    clock.advance(seconds=6)
    assert "Waiting for a background worker" in alice.get(url).text

    queue.start()
    sweeps()

    assert last_test().state == "passed"
