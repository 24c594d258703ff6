"""Accounts and conversations that are written directly, for their pages."""

import re

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from tests.factories import make_email_account, make_send
from tests.services.fetching import answer, hear_back

OURS, ZOE = "<ours@acme.test>", "zoe@beta.test"


@pytest.fixture
def make_page(app, cast):
    """Make an account of Alice's workspace; gives its page's address."""

    def account(email="ava@acme.test", **overrides):
        with app.app_context():
            return f"/email-accounts/{make_email_account(cast.alice.workspace_id, email, **overrides)}"

    return account


@pytest.fixture
def ava(make_page):
    """The page of a new inbox."""
    return make_page(current_stage=0)


@pytest.fixture
def make(app, cast):
    """Call a factory for Alice's workspace."""

    def call(factory, *args, **values):
        with app.app_context():
            return factory(cast.alice.workspace_id, *args, **values)

    return call


@pytest.fixture
def draft(alice):
    """The id of a cold campaign that was just made."""
    form = {"name": "Spring", "campaign_type": "cold_outreach", "min_health_score": "70"}
    return int(re.search(r"/campaigns/(\d+)/edit", alice.post("/campaigns/new", form).location)[1])


@pytest.fixture
def thread(app, cast):
    """Make a conversation of an inbox with Zoe; gives the address of its page."""

    def make(*messages, email="ava@acme.test", message_id=OURS, recipient=ZOE):
        messages = messages or (answer(message_id, "Sounds good.", sender=recipient),)
        with app.app_context():
            workspace_id = cast.alice.workspace_id
            account_id = make_email_account(workspace_id, email)
            left = {"state": "sent", "in_data_at": now(), "attempts": 1, "message_id": message_id}
            wrote = {"recipient": recipient, "subject": "Hello", "body": "Hi Zoe,\n\nshall we talk?"}
            make_send(workspace_id, account_id, kind="manual", **left | wrote)
            came = hear_back(account_id, *messages)
            return f"/replies/{came[-1].thread_id}"

    return make


@pytest.fixture
def change(app):
    """Change all rows of a table behind the page's back."""

    def changed(model, *which, **values):
        with app.app_context(), transaction() as session:
            session.execute(sa.update(model).where(*which).values(**values))

    return changed
