"""Services are tried on both databases; Acme is the workspace, Ada its owner, Ava its inbox."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from nimbus.extensions import db
from tests.factories import make_email_account, make_person, make_workspace


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.fixture
def ada(context):
    """The ids of a workspace and of its owner, ada@example.com."""
    person = make_person(make_workspace("Acme"), "Ada")
    return person.workspace_id, person.user_id


@pytest.fixture
def acme(ada):
    return ada[0]


@pytest.fixture
def ava(acme):
    return make_email_account(acme, "ava@acme.test", daily_send_limit=20)


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
