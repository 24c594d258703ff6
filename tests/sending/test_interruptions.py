"""Workers that are stopped while they send: what is under way ends, what has not begun waits, nothing is in doubt."""

import os
import signal
import subprocess
import sys

import pytest

from nimbus.services.queue_send import write_message
from nimbus.services.sweep import sweep
from tests.sending.reading import found
from tests.servers.faults import ScriptedSmtp

GRACE = 30


@pytest.fixture
def environ():
    return {}


@pytest.fixture
def start_worker(settings, tmp_path):
    """Start a worker of the product in a process of its own."""
    environ = {
        "NIMBUS_DATA_DIR": str(settings.data_dir),
        "NIMBUS_KEY_FILE": str(settings.key_file),
        "NIMBUS_SECRET_KEY": settings.secret_key,
        "NIMBUS_OUTBOUND_ALLOW": settings.outbound_allow,
        "REDIS_URL": settings.redis_url,
    }
    started = []

    def start():
        command = [sys.executable, "-m", "jobs.worker", "send"]
        with (tmp_path / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=os.environ | environ, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def send_three(asker, make_account):
    """Three messages that wait at an inbox whose server listens on this port."""

    def queue(port):
        account_id = make_account(port)
        words = {"to": "bo@example.org", "subject": "Hello", "body": "Hello.\n"}
        return [write_message(asker, account_id, key=f"form {n}", **words) for n in range(3)]

    return queue


def test_a_worker_that_is_asked_to_stop_ends_what_it_sends_and_leaves_the_rest(send_three, start_worker):
    working = []

    def stop_the_worker(connection):
        os.kill(working[0].pid, signal.SIGTERM)
        working[0].poll()
        connection.send(b"250 2.0.0 Ok\r\n")

    with ScriptedSmtp({"MESSAGE": stop_the_worker}) as smtp:
        ids = send_three(smtp.port)
        working.append(start_worker())
        assert working[0].wait(GRACE) == 0

    sends = [found(send_id) for send_id in ids]
    assert sends[0].state == "sent"
    assert {send.state for send in sends} <= {"sent", "queued"}
    assert all(send.owner is None for send in sends if send.state == "queued")


def test_a_worker_that_is_killed_leaves_one_message_in_doubt_and_the_rest_waiting(
    send_three, start_worker, clock
):
    working = []

    def kill_the_worker(connection):
        os.killpg(working[0].pid, signal.SIGKILL)
        connection.stopping.wait()

    with ScriptedSmtp({"MESSAGE": kill_the_worker}) as smtp:
        ids = send_three(smtp.port)
        working.append(start_worker())
        working[0].wait(GRACE)
    assert [found(send_id).state for send_id in ids] == ["in_data", "queued", "queued"]

    clock.advance(seconds=61)
    sweep()

    assert [found(send_id).state for send_id in ids] == ["ambiguous", "queued", "queued"]
    assert (
        found(ids[0]).reason
        == "The worker stopped while the message was handed over, so it may have been sent."
    )
