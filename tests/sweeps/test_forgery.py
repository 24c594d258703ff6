"""Requests that another site, or another session, makes in somebody's name."""

import pytest

from tests.sweeps.asking import SITE, ask, described
from tests.sweeps.routes import routes
from tests.sweeps.rows import changed, keep, photograph

FOREIGN = {
    "another origin": {"Origin": "https://elsewhere.example"},
    "another port": {"Origin": "http://localhost:8025"},
    "an origin that only begins like ours": {"Origin": "http://localhost.elsewhere.example"},
    "an origin that is hidden": {"Origin": "null"},
    "an origin that is none": {"Origin": "localhost"},
    "another site, by the browser's word": {"Sec-Fetch-Site": "cross-site", "Origin": SITE},
    "another host of the site": {"Sec-Fetch-Site": "same-site", "Origin": SITE},
}
# What Alice cannot do: she is signed in, was not invited, and is the only owner of a workspace that is set up.
# What a mail service asks for in somebody's name, without any session: the link itself is what proves it (RFC 8058).
FROM_ANYWHERE = {"unsubscribing.end"}
NOT_FOR_HER = {"invitations.accept", "sessions.new", "setup.new", "workspaces.leave"}


def unsafe(world):
    found = [
        route
        for route in routes(world.app, world.acme)
        if not route.is_safe and route.endpoint not in FROM_ANYWHERE
    ]
    assert len(found) > 10
    return found


def let_through(world, site, browser, *, htmx, **how):
    """Requests that were not refused."""
    return [
        described(route, answer)
        for route in unsafe(world)
        for form in site.filled(route.endpoint)
        for answer in [ask(browser, route, form, htmx=htmx, **how)]
        if answer.status_code not in {400, 403}
    ]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("name", [None, "alice"])
def test_no_request_that_changes_something_passes_without_its_sessions_token(world, site, name, htmx):
    browser, other = world.sign_in(name), world.sign_in("alice")
    before = photograph(world.app)
    for token in ("", "forged", other.token, browser.token[:-1], browser.token + "x"):
        assert let_through(world, site, browser, htmx=htmx, token=token) == [], token

    assert changed(before, photograph(world.app)) == {}


@pytest.mark.parametrize("htmx", [False, True])
def test_a_token_in_the_address_or_in_a_cookie_is_no_token(world, site, htmx):
    alice = world.sign_in("alice")
    alice.client.set_cookie("csrf_token", alice.token)
    before, passed = photograph(world.app), []
    for route in unsafe(world):
        url = f"{route.url}?csrf_token={alice.token}"
        for form in site.filled(route.endpoint):
            answer = alice.client.open(url, method=route.method, data=form, headers={"X-Token": alice.token})
            passed += [] if answer.status_code == 400 else [described(route, answer)]

    assert passed == []
    assert changed(before, photograph(world.app)) == {}


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_request_from_another_site_is_refused_although_its_token_fits(world, site, kind, htmx):
    for name in (None, "alice"):
        browser = world.sign_in(name)
        before = photograph(world.app)

        assert let_through(world, site, browser, htmx=htmx, headers=FOREIGN[kind]) == []
        assert changed(before, photograph(world.app)) == {}


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": SITE}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}]
)
def test_the_same_requests_work_when_our_own_pages_send_them(world, site, headers):
    put_back, deaf = keep(world.app), []
    for route in unsafe(world):
        answers = []
        for form in site.filled(route.endpoint):
            put_back()
            answers.append(ask(world.sign_in("alice"), route, form, headers=headers))
        if min(answer.status_code for answer in answers) >= 400 and route.endpoint not in NOT_FOR_HER:
            deaf += [described(route, answers[-1])]

    assert deaf == []
