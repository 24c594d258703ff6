"""Servers of the tests never outlive the run, and never fight over ports."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import availability
from tests.servers.availability import require
from tests.servers.processes import ClaimedPorts, remove_directory, wait_until

START_AND_WAIT = """
import sys, time
from tests.servers.mail import MailStack
from tests.servers.postgres import Postgres
mail, postgres = MailStack().start(), Postgres().start()
print(mail.smtp_plain, mail.imap_plain, mail.directory, postgres.directory, flush=True)
time.sleep(60)
"""


def listens(family, address):
    with socket.socket(family) as client:
        return client.connect_ex(address) == 0


def test_claimed_ports_are_free_and_nobody_else_can_claim_them():
    first, second = ClaimedPorts(20), ClaimedPorts(20)
    try:
        assert len({*first.numbers, *second.numbers}) == 40
        for port in first.numbers:
            socket.create_server(("127.0.0.1", port)).close()
    finally:
        first.release()
        second.release()


@pytest.mark.servers
def test_servers_die_with_a_test_run_that_is_killed():
    require("mail")
    require("postgres")
    with subprocess.Popen([sys.executable, "-c", START_AND_WAIT], stdout=subprocess.PIPE, text=True) as run:
        smtp, imap, *directories = run.stdout.readline().split()
        peers = [
            (socket.AF_INET, ("127.0.0.1", int(smtp))),
            (socket.AF_INET, ("127.0.0.1", int(imap))),
            (socket.AF_UNIX, f"{directories[1]}/.s.PGSQL.5432"),
        ]
        assert all(listens(*peer) for peer in peers)
        run.kill()

    wait_until(lambda: not any(listens(*peer) for peer in peers), within=10, what="the end of the servers")
    for directory in directories:
        remove_directory(Path(directory))


@pytest.mark.parametrize(
    ("wish", "outcome"), [("required", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_a_missing_server_skips_a_test_with_a_reason_or_fails_where_all_are_required(
    monkeypatch, wish, outcome
):
    monkeypatch.setattr(availability, "missing", lambda: {"mail": "No mail server here."})
    monkeypatch.setenv("SERVERS", wish)

    with pytest.raises(outcome, match="No mail server here"):
        require("mail")
