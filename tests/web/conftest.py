"""Pages of accounts that are written directly."""

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
