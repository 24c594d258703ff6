"""Those who connect mailboxes through the pages, and do what the page offers when something came in between."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from http.client import HTTPException
from threading import Event, Lock

from tests.connecting.form import FORM, filled
from tests.faults.world import World
from tests.servers.processes import wait_until

TESTS = "/email-accounts/connect/tests"
PASSWORD = "correct horse"
LOST = "there is no such test"
_one_at_a_time = Lock()  # the mail servers write down a new user in a file of one name
_OUR_SIDE = ("Test interrupted", "Our side failed")


class Kind(StrEnum):
    """How it should end: the words on the page."""

    GOOD = "Connected"
    WRONG_PASSWORD = "Sending (SMTP): Authentication failed"
    MISSPELT_FOLDER = "Replies (IMAP): Folder not found"
    DROPPED = "Replies (IMAP): Reply did not arrive"
    STOPPED = "Stopped"  # by the person, while the reply was waited for


@dataclass(frozen=True)
class Mailbox:
    """A mailbox with what somebody types for it; `changes` replace fields of the form."""

    address: str
    kind: Kind
    fields: dict[str, object]


def mailbox(world: World, name: str, kind: Kind = Kind.GOOD, **changes: object) -> Mailbox:
    """A new mailbox of this world, and a form filled in for it."""
    stack = world.stack
    address = f"{world.tag}-{name}@alpha.test"
    if kind in {Kind.DROPPED, Kind.STOPPED}:
        address = "dropped@alpha.test"
    else:
        with _one_at_a_time:
            stack.add_users({address: PASSWORD})
    names = dict.fromkeys(("email", "smtp_username", "imap_username"), address)
    fields = filled(smtp_port=stack.smtp_ssl, imap_port=stack.imap_ssl, **names)
    if kind == Kind.WRONG_PASSWORD:
        fields["smtp_password"] = "a slip of the finger"
    if kind == Kind.MISSPELT_FOLDER:
        fields["imap_folder"] = "Inbocks"
    return Mailbox(address, kind, fields | changes)


class Visitor:
    """One person in one window of a browser."""

    def __init__(self, world: World, *, patience: float) -> None:
        self._world = world
        self._client = world.client.another()
        self._patience = patience  # seconds, for one test
        self._pause = Event()

    def connect(self, mailbox: Mailbox) -> str:
        """Connect a mailbox, again for as long as it failed through no fault of its own; how it ended."""
        self._world.addresses.add(mailbox.address)
        test_id = self.submit(FORM, **mailbox.fields)
        while test_id:
            verdict = self.watch(test_id, stop=mailbox.kind == Kind.STOPPED)
            if not verdict.endswith(_OUR_SIDE):
                return verdict
            test_id = self.submit(f"{TESTS}/{test_id}/fix", fix="try_again")
        return Kind.GOOD

    def submit(self, path: str, **fields: object) -> int:
        """Send a form until the product answers; the test's id, or 0 when the mailbox is connected already."""
        answers: list[int] = []

        def sent() -> bool:
            answer = self._ask("POST", path, **fields)
            if answer is None:
                return False
            status, text, location = answer
            if "connected already" in text or re.search(r"/email-accounts/\d+$", location):
                answers.append(0)
            elif found := re.search(r"/tests/(\d+)$", location):
                answers.append(int(found[1]))
            else:
                raise AssertionError(f"{path} answered {status}: {text}")
            return True

        self._until(sent, what=f"an answer from {path}")
        return answers[0]

    def watch(self, test_id: int, *, stop: bool = False) -> str:
        """Look at a test's page until it has ended; what it says then is noted in the world's `seen`."""
        words: list[str] = []

        def ended() -> bool:
            verdict, final = self.read(test_id)
            if stop and "Waiting for the reply" in verdict:
                self._ask("POST", f"{TESTS}/{test_id}/stop")
            words.append(verdict)
            return final

        self._until(ended, what=f"the end of test {test_id}")
        self._world.seen[test_id] = words[-1]
        return words[-1]

    def read(self, test_id: int) -> tuple[str, bool]:
        """What a test's page says, and whether that is its last word."""
        answer = self._ask("GET", f"{TESTS}/{test_id}")
        if answer is None:
            return "", False
        if answer.status == 404:
            return LOST, True
        said = re.search(r'role="status">(.*?)</p>', answer.text, re.DOTALL)
        assert said, answer.text
        return unescape(said[1]).strip(), 'hx-trigger="every' not in answer.text

    def _ask(self, method: str, path: str, **fields: object):
        """The answer, or None when there was none or the product asks to try again."""
        try:
            answer = self._client.ask(method, path, **fields)
        except (OSError, HTTPException):
            return None
        return None if answer.status == 500 else answer

    def _until(self, condition: Callable[[], bool], *, what: str) -> None:
        def looked() -> bool:
            return condition() or self._pause.wait(0.3)

        wait_until(looked, within=self._patience, what=what)
