"""Pages of accounts that are written directly."""

import re

import pytest

from tests.factories import make_email_account


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
