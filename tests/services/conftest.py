"""Services are tried on both databases; Acme is the workspace, Ada its owner, Ava its inbox."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
import sqlalchemy as sa

from nimbus.database import quick_write
from nimbus.extensions import db
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from tests.factories import make_email_account, make_person, make_workspace
from tests.servers.processes import wait_until
from tests.services.importing import bringing_in, receiving


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.fixture
def pages():
    return False


@pytest.fixture
def ada(context):
    """The ids of a workspace and of its owner, ada@example.com."""
    person = make_person(make_workspace("Acme"), "Ada")
    return person.workspace_id, person.user_id


@pytest.fixture
def asker(ada):
    """Ada as services know her."""
    return Asker(*ada, "Ada", Role.OWNER, "192.0.2.7")


@pytest.fixture
def acme(ada):
    return ada[0]


@pytest.fixture
def ava(acme):
    return make_email_account(acme, "ava@acme.test", daily_send_limit=20)


@pytest.fixture
def at(clock):
    """Set the clock to a moment of UTC, given in ISO form."""

    def moment(text):
        clock.offset = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime.now(UTC)

    return moment


@pytest.fixture
def receive(asker):
    """Keep a file of contacts; gives its import's id."""
    return receiving(asker)


@pytest.fixture
def bring_in(asker):
    """Import a file of contacts, whole; gives the row of its import."""
    return bringing_in(asker)


@pytest.fixture
def at_once(app):
    """Call something several times at the same moment, each on a connection of its own; gives what came back."""

    def call(action, times):
        start = Barrier(times)

        def one(number):
            with app.app_context():
                start.wait(timeout=10)
                try:
                    return action(number)
                except Exception as error:  # noqa: BLE001 - the tests look at what went wrong
                    return error
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))

    return call


@pytest.fixture
def at_one_lock(at_once):
    """The same, and all of them stand before the lock that a statement takes until everybody is there."""

    def call(lock, action, times):
        with ThreadPoolExecutor(1) as pool:
            with quick_write(db.engine) as holding:
                holding.execute(lock)
                acting = pool.submit(at_once, action, times)
                wait_until(lambda: _all_wait(times), within=20, what="everybody at the same step")
            return acting.result()

    return call


def _all_wait(people):
    """Whether that many transactions stand before a lock. SQLite lets none begin, so there is nothing to count."""
    if db.engine.dialect.name == "sqlite":
        return True
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with db.engine.connect() as connection:
        return connection.scalar(waiting) == people
