"""What a connection test costs from the job's start to its verdict."""

import itertools
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from flask import Flask

from jobs.connection_tests import verify
from nimbus import create_app
from nimbus.extensions import db
from nimbus.rules.connection_test import Leg, State
from nimbus.rules.mail_settings import MailSettings
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.connect_account import find_test, start_test
from tests.bench.bare_script import round_trip
from tests.bench.measure import alternate, milliseconds, report
from tests.conftest import test_settings
from tests.factories import make_cast
from tests.servers.mail import MailStack

TIMES = 20
PASSWORD = "correct horse"
# What the form offers first; and no encryption at all, where nothing hides our own work. SSL for SMTP is left out:
# there the bare script waits some 40 ms for a delayed acknowledgement, which our sockets avoid.
FIGURES = {"": ("starttls", "ssl"), "_no_tls": ("none", "none")}
LIMIT = 1.5


@contextmanager
def mail_stack() -> Iterator[MailStack]:
    """Mailboxes m0@alpha.test, m1@… – a fresh one for each run, so that no mailbox grows slow."""
    users = {f"m{number}@alpha.test": PASSWORD for number in range(400)}
    with MailStack(users=users) as stack:
        yield stack


@contextmanager
def application(**environ: str) -> Iterator[Flask]:
    """An application on a fresh database, without a queue."""
    directory = Path(tempfile.mkdtemp(prefix="nimbus-bench-"))
    app = create_app(test_settings(directory, **environ), check_schema=False)
    with app.app_context():
        flask_migrate.upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()
    shutil.rmtree(directory)


def addresses() -> Iterator[str]:
    """The mailboxes of `mail_stack`, one after the other."""
    return (f"m{number}@alpha.test" for number in itertools.count())


def settings_for(stack: MailStack, address: str, legs: tuple[str, str]) -> MailSettings:
    smtp_ports = {"ssl": stack.smtp_ssl, "starttls": stack.smtp_starttls, "none": stack.smtp_plain}
    return MailSettings(
        email=address,
        display_name="",
        smtp_host="127.0.0.1",
        smtp_port=smtp_ports[legs[0]],
        smtp_security=legs[0],
        smtp_username=address,
        imap_host="127.0.0.1",
        imap_port=stack.imap_ssl if legs[1] == "ssl" else stack.imap_plain,
        imap_security=legs[1],
        imap_username=address,
    )


def run() -> bool:
    """The job alone, against the bare script on the same servers."""
    with (
        mail_stack() as stack,
        application(NIMBUS_CA_FILE=str(stack.ca_file)) as app,
        app.app_context(),
    ):
        person = make_cast().alice
        asker = Asker(person.workspace_id, person.user_id, person.name, Role.OWNER, address="127.0.0.1")
        fresh = addresses()
        kept = [_compare(stack, asker, fresh, figure) for figure in FIGURES]
        return all(kept)


def _compare(stack: MailStack, asker: Asker, fresh: Iterator[str], figure: str) -> bool:
    legs = FIGURES[figure]
    context = ssl.create_default_context(cafile=str(stack.ca_file))

    def ours() -> float:
        settings = settings_for(stack, next(fresh), legs)
        test_id = start_test(asker, settings, dict.fromkeys(Leg, PASSWORD))
        took = milliseconds(lambda: verify(asker.workspace_id, test_id))
        db.session.remove()
        found = find_test(asker.workspace_id, test_id)
        assert found is not None
        assert found.state == State.PASSED, found.failure_code
        return took

    def floor() -> float:
        return milliseconds(
            lambda: round_trip(stack, context, legs=legs, address=next(fresh), password=PASSWORD)
        )

    figures = alternate(ours, floor, times=TIMES)
    return report(f"connection_test{figure}", *figures, unit="ms", limit=LIMIT)
