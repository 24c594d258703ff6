"""An app that a provider does not accept: said once for all its inboxes, at the app and to whoever runs the place."""

import pytest

from nimbus.extensions import db
from nimbus.rules.providers import Provider
from nimbus.services.check_apps import app_checks, refused_apps
from nimbus.services.refresh_tokens import refresh_due
from tests.services.signed_in import age, make_signed_in, state_of


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


@pytest.fixture
def refused(sandbox, acme):
    """Two inboxes whose renewals are refused because of the app."""
    ids = [make_signed_in(sandbox, acme, Provider.MICROSOFT, f"{name}@alpha.test") for name in ("a", "b")]
    app = sandbox.world.apps[sandbox.environ["MICROSOFT_CLIENT_ID"]]
    right, app.client_secret = app.client_secret, "another"
    for account_id in ids:
        age(account_id)
    refresh_due()
    app.client_secret = right
    return ids


def test_a_refused_app_is_named_with_the_inboxes_that_wait_and_what_was_said(acme, refused, sandbox):
    [app] = refused_apps(db.session(), acme)

    assert (app.workspace_id, app.provider, app.inboxes) == (acme, Provider.MICROSOFT, 2)
    assert app.client_id == sandbox.environ["MICROSOFT_CLIENT_ID"]
    assert "AADSTS7000215" in app.line
    assert [state_of(each) for each in refused] == ["ok", "ok"]


def test_the_doctor_says_it_and_what_to_do(refused):
    [line] = app_checks(None)

    assert line.state == "fail"
    assert "2 inboxes wait" in line.sentence
    assert "Integrations" in line.advice


def test_once_the_app_is_accepted_nothing_is_said_any_more(acme, refused, clock):
    clock.advance(minutes=1)

    assert refresh_due() == 2
    assert (refused_apps(db.session(), acme), app_checks(None)) == ([], [])


def test_another_workspaces_app_is_none_of_its_business(acme, refused):
    assert refused_apps(db.session(), acme + 1) == []


def test_nothing_is_said_while_the_database_cannot_be_asked(refused):
    assert app_checks("the database is not ready") == []
