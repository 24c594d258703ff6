"""Who is kept out: every address with every method, as a stranger and in each role."""

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import UserSession
from nimbus.rules.roles import Role
from nimbus.web.access import PROOF_LASTS, PUBLIC_ENDPOINTS
from tests.sweeps.asking import ask, described, leads_to, refuses
from tests.sweeps.routes import routes
from tests.sweeps.rows import changed, keep, photograph

ROLES = {"adam": Role.ADMIN, "bob": Role.OPERATOR, "vera": Role.VIEWER}
# What people may change who are not owners: blueprints or endpoints, written by hand so that a view whose mark
# is too mild is found. Whoever adds a view that these may use adds it here.
OWN = {"saved_views", "sessions", "workspaces", "you"}
ACCOUNTS = OWN | {
    "bulk",
    "connect",
    "email_accounts",
    "engage",
    "inbox_sync",
    "messages",
    "reconnect",
    "replies",
    "tags",
}
ACCOUNTS |= {"contact_imports", "contacts", "suppression"}
ACCOUNTS |= {"campaign_form", "campaign_inboxes", "campaign_launch", "campaign_page", "campaign_steps"}
LOOKS = {"standing.look", "domains.check", "domains.check_all"}
MAY_CHANGE = {
    "vera": OWN,
    "bob": ACCOUNTS | LOOKS,
    "adam": ACCOUNTS
    | LOOKS
    | {"audit", "domains.end", "domains.override", "standing.move", "standing.rest", "team"},
}
# What asks for the password once more; the rest of the same blueprints is for looking.
PROVED = {
    "audit.export",
    "contacts.erase",
    "email_accounts.remove",
    "encryption",
    "integrations.edit",
    "integrations.remove",
    "place",
    "reconnect",
    "team",
    "workspaces.leave",
}
PUBLIC = {
    "assets.asset",
    "invitations.accept",
    "invitations.show",
    "oauth.callback",
    "sessions.new",
    "setup.new",
    "unsubscribing.ask",  # of people who never sign in
    "unsubscribing.end",  # and of their mail services: RFC 8058
}


@pytest.mark.parametrize("htmx", [False, True])
def test_a_stranger_is_sent_to_sign_in_by_every_route_and_changes_nothing(world, site, htmx):
    stranger, before, let_in = world.sign_in(None), photograph(world.app), []
    for route in routes(world.app, world.acme):
        for form in site.filled(route.endpoint):
            answer = ask(stranger, route, form, htmx=htmx)
            if not route.is_public and not (
                leads_to(answer, "/login") and answer.status_code == (401 if htmx else 303)
            ):
                let_in.append(described(route, answer))

    assert let_in == []
    assert changed(before, photograph(world.app)) == {}


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("name", ROLES)
def test_a_role_is_refused_what_the_route_asks_more_for_and_changes_nothing(world, site, name, htmx):
    person, before, let_in = world.sign_in(name), photograph(world.app), []
    refused = [
        route
        for route in routes(world.app, world.acme)
        if refuses(route, ROLES[name]) and not route.is_public and route.method != "OPTIONS"
    ]
    for route in refused:
        for form in site.filled(route.endpoint):
            answer = ask(person, route, form, htmx=htmx)
            if answer.status_code != 403:
                let_in.append(described(route, answer))

    assert let_in == []
    assert _but_refusals(changed(before, photograph(world.app))) == {}


@pytest.mark.parametrize("name", ROLES)
def test_a_role_may_change_only_what_is_written_here(world, name):
    changes = [route for route in routes(world.app, world.acme) if not route.is_safe and not route.is_public]
    allowed = [route for route in changes if not refuses(route, ROLES[name])]

    assert [str(each) for each in allowed if not {each.endpoint, each.blueprint} & MAY_CHANGE[name]] == []


@pytest.mark.parametrize("htmx", [False, True])
def test_what_a_viewer_may_change_is_never_anybody_elses(world, site, htmx):
    vera = world.cast.people["vera"].user_id
    browser, before, put_back = world.sign_in("vera"), photograph(world.app, but_of=vera), keep(world.app)
    for route in routes(world.app, world.acme):
        for form in [] if route.is_safe else site.filled(route.endpoint):
            put_back()
            ask(browser, route, form, htmx=htmx)

            assert changed(before, photograph(world.app, but_of=vera)) == {}, str(route)


@pytest.mark.parametrize("name", ROLES)
def test_every_page_that_a_role_may_read_opens(world, name):
    person = world.sign_in(name)
    open_pages = [
        route
        for route in routes(world.app, world.acme)
        if route.is_safe and not route.is_public and not refuses(route, ROLES[name])
    ]
    closed = [
        described(route, answer)
        for route in open_pages
        for answer in [ask(person, route)]
        if answer.status_code not in {200, 303} and not route.url.endswith("/edit")
    ]

    assert closed == []


@pytest.mark.parametrize("htmx", [False, True])
def test_a_session_without_a_fresh_password_is_asked_for_it_and_changes_nothing(world, site, htmx):
    alice, let_in = world.sign_in("alice"), []
    _forget_passwords(world.app)
    before = photograph(world.app)
    for route in routes(world.app, world.acme):
        for form in site.filled(route.endpoint) if route.needs_proof else ():
            answer = ask(alice, route, form, htmx=htmx)
            if not leads_to(answer, "/confirm"):
                let_in.append(described(route, answer))

    assert let_in == []
    assert changed(before, photograph(world.app)) == {}


def test_a_method_that_no_route_takes_is_refused_for_everybody(world):
    before, let_in = photograph(world.app), []
    for name in (None, "alice"):
        person = world.sign_in(name)
        for route in routes(world.app, world.acme, every_method=True):
            answer = None if route.known else ask(person, route)
            if answer is not None and answer.status_code != 405:
                let_in.append(described(route, answer))

    assert let_in == []
    del before["user_session"]  # Alice has signed in since
    assert changed(before, photograph(world.app)) == {}


def test_what_needs_no_session_and_what_needs_the_password_once_more_is_as_written_here(world):
    changes = [route for route in routes(world.app, world.acme) if not route.is_safe]
    unproved = {
        route.endpoint
        for route in changes
        if {route.endpoint, route.blueprint} & PROVED and not route.needs_proof
    }

    assert PUBLIC_ENDPOINTS == PUBLIC
    assert unproved == set()


def _forget_passwords(app):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(UserSession).values(proved_at=now() - 2 * PROOF_LASTS))


def _but_refusals(rows):
    """What changed, apart from lines of the audit log that tell of the refusals."""
    rows["audit_event"] = [
        row for row in rows.get("audit_event", []) if not (row.startswith("+") and "access_refused" in row)
    ]
    return {name: found for name, found in rows.items() if found}
