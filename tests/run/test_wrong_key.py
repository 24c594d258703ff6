"""The whole product, and each of its processes by hand, with a key file that does not fit the database."""

import sqlite3
import subprocess
import sys

import pytest

from nimbus import queues
from nimbus.queue_server import queue_url
from nimbus.security.instance_keys import load_instance_key, new_key_text
from nimbus.settings_kinds import CHECKOUT
from tests.product import Client, Product
from tests.run.waiting import eventually, processes_with


class Locked:
    """A product that was set up, stopped, and given another key file; `client` is signed in."""

    def __init__(self, directory):
        self.product = Product(directory).start()
        self.client = Client(self.product)
        self.client.set_up(self.product.setup_code)
        self.product.stop()
        self.key_file = self.product.settings.key_file
        self.right = self.key_file.read_bytes()
        self.needed = load_instance_key(self.key_file).id
        self.key_file.write_bytes(new_key_text())
        self.found = load_instance_key(self.key_file).id
        self.sentence = f"The key file {self.key_file} holds the key {self.found}, but this database needs the key {self.needed}."

    def rows(self):
        with sqlite3.connect(self.product.settings.data_dir / "nimbus.sqlite3") as database:
            dump = list(database.iterdump())
        database.close()
        return dump

    def run(self, *command):
        """A process of the product, started by hand; what it says and how it ends."""
        environ = self.product._environ | {"FLASK_APP": "app.py"}
        return subprocess.run(
            [sys.executable, "-m", *command],
            check=False,
            cwd=CHECKOUT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    locked = Locked(tmp_path_factory.mktemp("locked"))
    yield locked
    locked.product.release()


def test_it_starts_says_which_file_is_wrong_reads_refuses_and_changes_nothing(locked):
    before, files = locked.rows(), sorted(locked.key_file.parent.iterdir())
    locked.product.start()
    try:
        assert locked.sentence in locked.product.log.read_text()
        home = locked.client.ask("GET", "/")
        assert home.status == 200
        assert locked.sentence in home.text
        assert locked.client.ask("POST", "/logout").status == 503
        assert locked.client.ask("GET", "/email-accounts").status == 200
        assert not [line for line in processes_with(locked.product.mark).values() if "jobs." in line]
    finally:
        locked.product.stop()
    assert locked.rows() == before
    assert sorted(locked.key_file.parent.iterdir()) == files


@pytest.mark.parametrize(
    "command",
    [
        ("jobs.worker", "interactive"),
        ("jobs.schedule",),
        ("flask", "db", "upgrade"),
        ("flask", "confirm-live"),
        ("flask", "rotate-keys"),
        ("flask", "rotate-keys", "--instance"),
    ],
    ids=" ".join,
)
def test_nothing_works_by_hand_either_and_each_says_why(locked, command):
    before = locked.rows()

    ended = locked.run(*command)

    assert ended.returncode == 1
    assert locked.sentence in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
    assert locked.rows() == before


def test_with_the_right_file_back_a_restart_is_all_it_takes(locked):
    locked.key_file.write_bytes(locked.right)
    locked.product.start()
    try:
        assert locked.sentence not in locked.client.ask("GET", "/").text
        connection = queues.connect(queue_url(locked.product.settings))
        eventually(lambda: connection.hlen(queues.WORKERS_KEY) >= 3, seconds=30)
        assert locked.client.ask("POST", "/logout").status == 303
    finally:
        locked.product.stop()


def test_a_lost_key_file_is_not_made_again(tmp_path):
    locked = Locked(tmp_path)
    locked.key_file.unlink()
    before = locked.rows()

    locked.product.start()
    try:
        said = f"The key file {locked.key_file} cannot be read: No such file or directory."
        assert said in locked.product.log.read_text()
        assert said in locked.client.ask("GET", "/").text
    finally:
        locked.product.stop()
        locked.product.release()
    assert not locked.key_file.exists()
    assert locked.rows() == before
