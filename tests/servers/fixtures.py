"""The real servers as pytest fixtures, each started once a session and only if a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.availability import require
from tests.servers.dns import NameServer
from tests.servers.mail import MailStack
from tests.servers.postgres import Postgres


@pytest.fixture(scope="session")
def mail_stack() -> Iterator[MailStack]:
    """The mail system that tests share.

    `add_users` gives a test mailboxes of its own. Some addresses exist from the start, all with the password
    "correct horse": ann@alpha.test, bob@beta.test, junked@alpha.test (its mail goes to Junk), dropped@alpha.test (its
    mail is accepted and never arrives), later@alpha.test and never@alpha.test (answered 451 and 550 at RCPT), and
    änn, which is another user name for ann@alpha.test.
    """
    require("mail")
    names = (
        "ann@alpha.test",
        "bob@beta.test",
        *(f"{n}@alpha.test" for n in ("junked", "dropped", "later", "never")),
    )
    with MailStack(
        users=dict.fromkeys(names, "correct horse"),
        logins={"änn": "ann@alpha.test"},
        filed={"junked@alpha.test": "Junk"},
        dropped=["dropped@alpha.test"],
        refused={
            "later@alpha.test": "451 4.7.1 Greylisted, please try again later",
            "never@alpha.test": "550 5.1.1 No such user here",
        },
    ) as stack:
        yield stack


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL cluster; ask it for databases."""
    require("postgres")
    with Postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def dns() -> Iterator[NameServer]:
    """An empty name server; a test adds the names it needs, and heals the faults it made."""
    with NameServer() as server:
        yield server
