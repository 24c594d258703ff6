"""`make demo` as a new person meets it: product, world and fleet from one command, and nothing left of it afterwards."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from nimbus.rules.inbox_status import WORDS, StatusKey
from nimbus.settings_kinds import CHECKOUT
from tests.run.waiting import eventually, processes_with
from tests.servers.processes import remove_directory, short_directory

DOMAIN_WORDS = ("Paused", "Sends anyway", "Needs attention", "Not known", "Good", "Healthy")
READY_SECONDS = 60  # on a machine that does other things at the same time; alone it takes a tenth of that


class Demo:
    def __init__(self, directory):
        self.directory = directory
        self.taken = socket.create_server(("127.0.0.1", 0))
        self.taken_port = self.taken.getsockname()[1]
        with (directory / "terminal").open("wb") as terminal:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nimbus.run.demo"],
                cwd=CHECKOUT,
                env={
                    "PATH": os.environ["PATH"],
                    "TMPDIR": str(directory),
                    "NIMBUS_BIND": f"127.0.0.1:{self.taken_port}",
                },
                stdout=terminal,
                stderr=terminal,
            )

    def said(self, pattern=""):
        text = (self.directory / "terminal").read_text()
        return re.search(pattern, text)[1] if pattern else text

    def ready(self):
        eventually(lambda: "runs at" in self.said() or self.process.poll() is not None, seconds=READY_SECONDS)
        assert self.process.poll() is None, self.said()
        self.url, self.control = self.said(r"runs at (\S+)"), self.said(r"the clock: (\S+)/")
        return self

    def signed_in(self):
        browser = requests.Session()
        token = re.search(
            r'name="csrf_token" value="([^"]+)"', browser.get(f"{self.url}/login", timeout=20).text
        )[1]
        email, password = self.said(r"Sign in as (\S+)"), self.said(r"with the password: (.+)")
        given = {"csrf_token": token, "email": email, "password": password}
        browser.post(f"{self.url}/login", data=given, timeout=20)
        return browser

    def end(self):
        self.taken.close()
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def demo():
    directory = short_directory("nimbus-t-")
    demo = Demo(directory)
    try:
        yield demo.ready()
    finally:
        demo.process.kill()
        demo.process.wait()
        demo.taken.close()
        remove_directory(directory)


def follow_a_campaign(demo, browser):
    """A campaign is asked for its next batch, its mail leaves, and somebody on the other side answers."""
    deliverability = browser.get(f"{demo.url}/deliverability", timeout=20).text
    assert "Throttled campaigns" in deliverability
    page = f"{demo.url}/campaigns/2"
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(page, timeout=20).text)[1]
    browser.post(f"{page}/batch", data={"csrf_token": token}, timeout=20)

    def answered():
        world = requests.get(f"{demo.control}/mailboxes/ines@prospects.test.json", timeout=10).json()
        return any("SENT" in each["labels"] for each in world["mail"])

    eventually(answered, seconds=READY_SECONDS)
    assert "Old friends" in browser.get(page, timeout=20).text


def test_the_demo_shows_a_fleet_in_every_state_moves_its_clock_and_leaves_nothing(demo):
    assert f"Something else listens on 127.0.0.1:{demo.taken_port}" in demo.said()
    browser = demo.signed_in()
    home = browser.get(f"{demo.url}/", timeout=20).text
    assert "This is a rehearsal" in home
    assert f'href="{demo.control}/"' in home
    accounts = browser.get(f"{demo.url}/email-accounts", timeout=20).text
    assert re.search(r"All\s*<[^>]*>\s*60", accounts)
    shown = {key: word for key, (word, *_) in WORDS.items() if key is not StatusKey.SERVER_LISTED}
    assert [word for word in shown.values() if word not in accounts] == []  # no list names a loopback address
    domains = browser.get(f"{demo.url}/domains", timeout=20).text
    assert [word for word in DOMAIN_WORDS if not re.search(rf"</svg>\s*{word}\s*<", domains)] == []

    follow_a_campaign(demo, browser)

    requests.post(f"{demo.control}/clock", json={"seconds": 86400 * 400}, timeout=10)
    eventually(lambda: "/login" in browser.get(f"{demo.url}/", timeout=20).url, seconds=20)

    assert demo.end() == 0
    assert [path.name for path in Path(demo.directory).iterdir()] == ["terminal"]
    assert processes_with(f"TMPDIR={demo.directory}") == {}
