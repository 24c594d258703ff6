"""What a role may not do is absent from its pages, and a line says who can."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from nimbus.clock import now
from nimbus.rules.roles import Permission, Role, may
from tests.browse import Page
from tests.factories import make_connection_test, make_domain, make_email_account
from tests.web.reading import words

ROLES = {"alice": Role.OWNER, "adam": Role.ADMIN, "bob": Role.OPERATOR, "vera": Role.VIEWER}
WHO = "Owners, admins and operators can"


@pytest.fixture
def world(app, cast):
    """An inbox in each of some states, and tests that run, failed and passed."""
    acme, alice = cast.alice.workspace_id, cast.alice.user_id
    failed = {
        "state": "failed",
        "failure_leg": "smtp",
        "failure_step": "sign_in",
        "failure_code": "auth_failed",
    }
    with app.app_context():
        ava = make_email_account(acme)
        make_domain(acme, pause_reason="No reply can arrive (MX)", next_check_at=now() + timedelta(hours=6))
        others = [
            make_email_account(acme, "out@acme.test", is_active=False),
            make_email_account(acme, "no@acme.test", connection_state="auth_failed", failed_legs=("smtp",)),
        ]
        tests = [
            make_connection_test(acme, alice, **values)
            for values in (
                {},
                failed,
                failed | {"purpose": "retest", "account_id": ava},
                {"state": "passed", "account_id": ava},
            )
        ]
    return [
        *("/", "/email-accounts", "/settings/workspace", "/settings/you", "/workspaces"),
        *(f"/email-accounts/{account}{page}" for account in (ava, *others) for page in ("", "/log")),
        *(f"/email-accounts/connect/tests/{test}" for test in tests),
        *("/domains", "/domains/acme.test"),
    ]


def offered(app, html):
    """(address, what it asks for) of everything that the page's main part leads or sends to."""
    main = html.partition("<main")[2]
    routes = app.url_map.bind("localhost")
    for tag, attrs in Page(f"<main{main}").tags:
        for name, method in (("href", "GET"), ("hx-get", "GET"), ("action", "POST"), ("hx-post", "POST")):
            url = attrs.get(name, "")
            if (
                not url.startswith("/")
                or tag in {"use", "link"}
                or (name == "action" and attrs.get("method") != "post")
            ):
                continue
            endpoint, _ = routes.match(urlsplit(url).path, method=method)
            yield url, getattr(app.view_functions[endpoint], "needs", Permission.READ)


@pytest.mark.parametrize("person", ROLES)
def test_no_page_offers_what_the_role_may_not_do(app, browse, world, person):
    browser = browse(person)
    for url in world:
        response = browser.get(url)
        assert response.status_code == 200, url
        found = list(offered(app, response.text))
        assert [each for each, permission in found if not may(ROLES[person], permission)] == [], url


def test_what_is_looked_for_is_there_for_who_may(app, browse, world):
    bob = browse("bob")
    asked = {permission for url in world for _, permission in offered(app, bob.get(url).text)}

    assert asked == {Permission.READ, Permission.OPERATE}


def test_a_viewer_reads_who_can(browse, world):
    vera, bob = browse("vera"), browse("bob")
    inbox = world[5]

    assert f"{WHO} connect and change inboxes." in words(vera.get("/email-accounts").text)
    assert f"{WHO} change this inbox." in words(vera.get(inbox).text)
    assert "Used for Any campaign" in words(vera.get(inbox).text)
    assert f"{WHO} repair this and test again." in words(vera.get(world[-5]).text)
    for url in world:
        assert WHO not in words(bob.get(url).text), url


def test_a_viewer_of_an_empty_workspace_reads_who_can_begin(browse):
    vera = browse("vera")

    assert f"{WHO} do this." in words(vera.get("/").text)
    assert "Connect Account" not in words(vera.get("/email-accounts").text)
