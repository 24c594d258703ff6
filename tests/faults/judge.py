"""Whether everything is as it must be, judged by the database, the Maildirs and what people were shown."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nimbus.models import ConnectionTest, EmailAccountHealth, MailServer
from tests.faults.people import LOST, Visitor
from tests.faults.world import World, eventually
from tests.servers.mail import SPECIAL_USE

ENDED = {"passed", "failed", "stopped"}
# A dead worker is noticed within a minute of its lease's end. Work goes on within a minute of a fault's end, and in a
# storm the next fault may come before that.
NOTICED_WITHIN = timedelta(seconds=60)
BEGUN_WITHIN = timedelta(seconds=120)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Rows as they are, messages per nonce as they lie on disk, and what pages said at first and say now."""

    tests: list[Any]
    accounts: list[Any]
    servers: list[Any]
    messages: Counter[str]
    seen: dict[int, str]
    shown: dict[int, str]


def gather(world: World) -> Evidence:
    """Collect the evidence, once nothing is under way any more or the time for that is over."""
    eventually(world.at_rest, within=world.settles_within)
    world.await_mail_at_rest()
    visitor = Visitor(world, patience=20)
    nonces = (
        str(message["X-NimbusOS-Test"]).strip().partition(".")[0]
        for address in world.addresses
        for folder in ("INBOX", *SPECIAL_USE)
        for message in world.stack.messages(address, folder)
    )
    return Evidence(
        tests=world.rows(ConnectionTest),
        accounts=world.rows(EmailAccountHealth),
        servers=world.rows(MailServer),
        messages=Counter(nonces),
        seen=dict(world.seen),
        shown={test_id: visitor.read(test_id)[0] for test_id in world.seen},
    )


def every_test_ends(evidence: Evidence) -> Iterator[str]:
    for test in evidence.tests:
        if test.state not in ENDED or test.finished_at is None or test.owner is not None:
            yield f"test {test.id} is {test.state}, owned by {test.owner}"


def every_test_ends_in_time(evidence: Evidence) -> Iterator[str]:
    for test in evidence.tests:
        begun = test.started_at or test.finished_at
        if begun and begun - test.created_at > BEGUN_WITHIN:
            yield f"test {test.id} was begun after {begun - test.created_at}"
        if test.failure_code == "interrupted" and test.started_at:
            late = test.finished_at - test.lease_until
            if late > NOTICED_WITHIN:
                yield f"test {test.id} was closed {late} after its worker died"


def accounts_are_those_that_passed(evidence: Evidence) -> Iterator[str]:
    passed = {test.settings["email"] for test in evidence.tests if test.state == "passed"}
    connected = [account.email for account in evidence.accounts]
    if sorted(connected) != sorted(passed):
        yield f"connected without a passed test: {set(connected) - passed}, the reverse: {passed - set(connected)}"


def accounts_are_whole(evidence: Evidence) -> Iterator[str]:
    legs: dict[int, set[str]] = {account.id: set() for account in evidence.accounts}
    for server in evidence.servers:
        legs.setdefault(server.account_id, set()).add(server.leg if server.sealed_password else "unsealed")
    for account_id, found in legs.items():
        if found != {"smtp", "imap"}:
            yield f"account {account_id} has the servers {found}"


def messages_leave_once(evidence: Evidence) -> Iterator[str]:
    nonces = {test.nonce: test for test in evidence.tests}
    for nonce, count in evidence.messages.items():
        if count > 1:
            yield f"the message of test {nonces[nonce].id} was delivered {count} times"
        if nonce not in nonces:
            yield f"a message has the nonce {nonce}, which no test has"


def passed_tests_have_their_message(evidence: Evidence) -> Iterator[str]:
    for test in evidence.tests:
        if test.state == "passed" and evidence.messages[test.nonce] != 1:
            yield f"test {test.id} passed with {evidence.messages[test.nonce]} messages in the mailbox"


def verdicts_stand(evidence: Evidence) -> Iterator[str]:
    """What somebody was shown as the end stays the end; a test whose page was promised exists."""
    for test_id, said in evidence.seen.items():
        if said == LOST or evidence.shown[test_id] != said:
            yield f"test {test_id} said {said!r} and later {evidence.shown[test_id]!r}"


Invariant = Callable[[Evidence], Iterator[str]]
INVARIANTS: tuple[Invariant, ...] = (
    every_test_ends,
    every_test_ends_in_time,
    accounts_are_those_that_passed,
    accounts_are_whole,
    messages_leave_once,
    passed_tests_have_their_message,
    verdicts_stand,
)


def broken(world: World) -> dict[str, list[str]]:
    """Name of each invariant that does not hold, with the reasons."""
    evidence = gather(world)
    found = {invariant.__name__: list(invariant(evidence)) for invariant in INVARIANTS}
    return {name: reasons for name, reasons in found.items() if reasons}


def passwords_kept(world: World) -> list[int]:
    """The tests that still hold a sealed password."""
    return [
        test.id
        for test in world.rows(ConnectionTest)
        if test.sealed_smtp_password or test.sealed_imap_password
    ]
