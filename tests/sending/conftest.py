"""Sending through real mail servers, from the services' door to the recipient's folder."""

import itertools
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import MailServer
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.sweep import sweep
from tests.factories import PASSWORD, make_email_account, make_person, make_workspace
from tests.servers.mail import MailStack
from tests.services import posting

_numbers = itertools.count(1)


@pytest.fixture
def environ(mail_stack: MailStack) -> dict[str, str]:
    return {"NIMBUS_CA_FILE": str(mail_stack.ca_file)}


@pytest.fixture
def pages() -> bool:
    return False


@pytest.fixture
def asker(context: None) -> Asker:
    """Ada, who owns a workspace."""
    person = make_person(make_workspace("Acme"), "Ada")
    return Asker(person.workspace_id, person.user_id, "Ada", Role.OWNER, "192.0.2.7")


@pytest.fixture
def make_account(asker: Asker) -> Callable[..., int]:
    """An account that sends through this port of the machine in clear; gives its id."""
    return lambda port: posting.make_inbox(asker.workspace_id, port)


@pytest.fixture
def make_inbox(asker: Asker, mail_stack: MailStack) -> Callable[..., tuple[int, str]]:
    """An inbox that no other test has, connected over TLS; gives its id and its address."""

    return partial(make_connected, mail_stack, asker.workspace_id)


def make_connected(
    stack: MailStack, workspace_id: int, smtp_port: int | None = None, **overrides: object
) -> tuple[int, str]:
    """An inbox at these servers that no other test has; its id and its address."""
    email = f"sender{next(_numbers)}@alpha.test"
    stack.add_users({email: PASSWORD})
    account_id = make_email_account(workspace_id, email, **overrides)
    with transaction() as session:
        for leg, port in {"smtp": smtp_port or stack.smtp_ssl, "imap": stack.imap_ssl}.items():
            security = "none" if leg == "smtp" and smtp_port else "ssl"
            session.execute(
                sa.update(MailServer)
                .where(MailServer.account_id == account_id, MailServer.leg == leg)
                .values(host="127.0.0.1", port=port, security=security)
            )
    return account_id, email


@pytest.fixture
def inbox(make_inbox: Callable[..., tuple[int, str]]) -> tuple[int, str]:
    return make_inbox()


@pytest.fixture
def sweeps(context: None, run_jobs: Callable[[], None]) -> Callable[[], None]:
    """The timetable's sweep, and whatever it rang for."""

    def run() -> None:
        sweep()
        run_jobs()

    return run
