"""Workers that die, queues that vanish, doorbells that ring twice: a test still ends, once, and says how."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from jobs.connection_tests import verify
from nimbus import queues
from nimbus.models import EmailAccountHealth
from nimbus.queue_server import queue_url
from nimbus.queues import WorkerSeen
from tests.connecting.reading import Reading
from tests.connecting.relay import Relay, WatchedImap
from tests.servers.processes import wait_until

LEASE_SECONDS = 20


@pytest.fixture
def queue(settings):
    return queues.connect(queue_url(settings))


def is_at_work(queue):
    return Queue("interactive", connection=queue, serializer=JSONSerializer).started_job_registry.count


class Gate:
    """Holds a server's answer back until it is opened."""

    def __init__(self):
        self._opened = threading.Event()
        self.open = self._opened.set

    def hold(self):
        assert self._opened.wait(60)


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def worker(settings, tmp_path):
    """A worker of the product in a process of its own, which a test may kill."""
    environ = {
        "NIMBUS_DATA_DIR": str(settings.data_dir),
        "NIMBUS_KEY_FILE": str(settings.key_file),
        "NIMBUS_SECRET_KEY": settings.secret_key,
        "NIMBUS_OUTBOUND_ALLOW": settings.outbound_allow,
        "NIMBUS_CA_FILE": str(settings.ca_file),
        "REDIS_URL": settings.redis_url,
    }
    command = [sys.executable, "-m", "jobs.worker", "interactive"]
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=os.environ | environ, stdout=log, stderr=log, start_new_session=True
        )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_killed_worker_leaves_a_test_that_is_closed_as_interrupted(
    worker, gate, mail_stack, post, alice, clock, sweeps, last_test, saved_nothing
):
    with Relay(mail_stack, "ann@alpha.test", before={"RCPT": gate.hold}) as relay:
        url = post(smtp_port=relay.port, smtp_security="none")
        wait_until(lambda: "Handing the test message over…" in alice.get(url).text, within=20, what="RCPT")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        gate.open()
    sweeps()
    assert last_test().state == "running"

    clock.advance(seconds=LEASE_SECONDS + 1)
    shown_before = Reading(alice.get(url).text)
    sweeps()

    assert (last_test().state, last_test().failure_code) == ("failed", "interrupted")
    for page in (shown_before, Reading(alice.get(url).text)):
        assert "Sending (SMTP): Test interrupted The test was stopped before it had ended." in page
        assert page.fixes["try_again"] == "Test again"
    assert saved_nothing()


def test_worker_that_was_given_up_saves_nothing_when_it_comes_back(
    worker, gate, post, alice, clock, queue, sweeps, last_test, saved_nothing
):
    with WatchedImap({"EXAMINE": gate.hold}) as server:
        url = post(imap_port=server.port, imap_security="none")
        wait_until(lambda: "Opening the folder…" in alice.get(url).text, within=20, what="EXAMINE")
        os.killpg(worker.pid, signal.SIGSTOP)
        clock.advance(seconds=LEASE_SECONDS + 1)
        pages = [Reading(alice.get(url).text)]
        sweeps()
        os.killpg(worker.pid, signal.SIGCONT)
        gate.open()
        wait_until(lambda: not is_at_work(queue), within=20, what="the worker's end of the job")

    pages.append(Reading(alice.get(url).text))
    assert ["Replies (IMAP): Test interrupted" in page for page in pages] == [True, True]
    assert last_test().failure_code == "interrupted"
    assert saved_nothing()


def test_emptied_queue_only_delays_a_test(post, queue, run_jobs, clock, sweeps, last_test):
    post()
    queue.flushall()
    run_jobs()
    assert last_test().state == "queued"

    clock.advance(seconds=6)
    sweeps()

    assert last_test().state == "passed"


def test_two_workers_on_the_same_test_send_one_message(app, cast, post, mail_stack, read, new_mailbox):
    mailbox = new_mailbox()
    test_id = int(post(**mailbox).rpartition("/")[2])
    together = threading.Barrier(2)

    def work():
        with app.app_context():
            together.wait()
            verify(cast.alice.workspace_id, test_id)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert len(mail_stack.messages(mailbox["email"])) == 1
    assert len(read(EmailAccountHealth)) == 1


def test_stop_reaches_a_worker_in_the_middle(
    mail_stack, post, alice, run_jobs, last_test, saved_nothing, last_url
):
    def stop():
        alice.post(f"{last_url()}/stop")

    with Relay(mail_stack, "ann@alpha.test", before={"RCPT": stop}) as relay:
        url = post(smtp_port=relay.port, smtp_security="none")
        run_jobs()

    assert last_test().state == "stopped"
    assert "Stopped" in Reading(alice.get(url).text)
    assert saved_nothing()


def test_page_says_that_no_worker_runs_and_how_to_start_one(post, alice, clock, queue):
    page = post()
    assert "Waiting for a background worker" not in alice.get(page).text

    clock.advance(seconds=6)
    alone = Reading(alice.get(page).text)
    queues.beat(queue, WorkerSeen("w", ("interactive",), "idle", clock.now()))
    helped = Reading(alice.get(page).text)

    assert "Waiting for a background worker None is running. Start it with this command. make worker" in alone
    assert "Waiting for a background worker" not in helped


def test_page_asks_less_often_the_longer_a_test_takes(post, alice, clock):
    url = post()
    for seconds, pause in ((0, "1s"), (20, "3s"), (120, "10s")):
        clock.advance(seconds=seconds)
        assert f'hx-trigger="every {pause}"' in alice.get(url, htmx=True).text


def test_test_that_nobody_ran_within_a_quarter_of_an_hour_has_ended(post, alice, clock, sweeps, last_test):
    url = post()
    clock.advance(minutes=15, seconds=1)

    assert "Test interrupted" in alice.get(url).text
    sweeps()

    assert (last_test().state, last_test().sealed_smtp_password) == ("failed", None)
