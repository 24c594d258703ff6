"""Before what matters the password is asked for again, unless it was typed in this session a moment ago."""

import pytest

from nimbus.models import AuditEvent, EmailAccountHealth
from tests.cast import PASSWORD
from tests.web.reading import hidden_fields, words


@pytest.fixture
def later(clock):
    """The password was typed longer ago than counts."""
    return lambda: clock.advance(minutes=31)


@pytest.fixture
def guarded(ava):
    """Pages that ask for the password again."""
    return [f"{ava}/reconnect", f"{ava}/remove"]


def test_credentials_and_removal_ask_for_the_password_after_half_an_hour(alice, guarded, clock):
    clock.advance(minutes=29)
    assert [alice.get(url).status_code for url in guarded] == [200, 200]

    clock.advance(minutes=2)
    assert [alice.get(url).location for url in guarded] == [f"/confirm?next={url}" for url in guarded]


def test_the_right_password_leads_on_and_is_not_asked_for_again(alice, guarded, later):
    later()
    for url in guarded[:1]:
        page = alice.get(alice.get(url).location)
        assert "Confirm that it is you" in words(page.text)
        answer = alice.post("/confirm", hidden_fields(page.text) | {"password": PASSWORD})
        assert (answer.status_code, answer.location) == (303, url)

    assert [alice.get(url).status_code for url in guarded] == [200, 200]


def test_a_wrong_password_leads_nowhere(alice, guarded, later):
    later()
    response = alice.post("/confirm", {"password": "not it at all", "next": guarded[0]})

    assert response.status_code == 422
    assert "<title>Error: Confirm that it is you – NimbusOS</title>" in response.text
    assert response.text.count("This is not your password.") == 2
    assert hidden_fields(response.text)["next"] == guarded[0]
    assert "not it at all" not in response.text
    assert alice.get(guarded[0]).status_code == 303


def test_a_blank_password_is_named(alice):
    response = alice.post("/confirm", {"password": ""})

    assert response.status_code == 422
    assert response.text.count("Enter your password.") == 2


def test_nothing_is_removed_until_the_password_was_typed(alice, ava, later, read):
    later()
    refused = alice.post(f"{ava}/remove")

    assert refused.location == f"/confirm?next={ava}/remove"
    assert [account.removed_at for account in read(EmailAccountHealth)] == [None]
    alice.post("/confirm", {"password": PASSWORD})
    alice.post(f"{ava}/remove")
    assert [account.removed_at is None for account in read(EmailAccountHealth)] == [False]


def test_proof_in_one_browser_is_none_for_another(browse, guarded, later):
    here, there = browse("alice"), browse("alice")
    later()
    here.post("/confirm", {"password": PASSWORD})

    assert here.get(guarded[0]).status_code == 200
    assert there.get(guarded[0]).location == f"/confirm?next={guarded[0]}"


def test_a_fragment_leads_the_whole_page_to_the_password(alice, guarded, later):
    later()
    for answer in (alice.get(guarded[0], htmx=True), alice.post(guarded[0], htmx=True)):
        assert answer.headers["HX-Redirect"] == f"/confirm?next={guarded[0]}"
        assert answer.data == b""


def test_a_button_without_a_page_of_its_own_leads_back_to_where_it_was_pressed(alice, later):
    later()
    for referrer, back in (
        ("http://localhost/settings/you?x=1", "/confirm?next=/settings/you?x%3D1"),
        ("http://evil.test/settings/you", "/confirm"),
        ("http://[localhost/settings/you", "/confirm"),
        ("", "/confirm"),
    ):
        answer = alice.client.post(
            "/settings/you/sessions/end-others",
            data={"csrf_token": alice.token},
            headers={"Referer": referrer},
        )
        assert answer.location == back


def test_confirming_never_leads_to_another_site(alice):
    for wanted in (
        "//evil.test",
        "/\\evil.test",
        "https://evil.test/",
        "javascript:alert(1)",
        "/\t/[evil",
        "",
    ):
        assert alice.post("/confirm", {"password": PASSWORD, "next": wanted}).location == "/"


def test_guessing_is_stopped_after_20_tries_a_minute(alice):
    assert {alice.post("/confirm", {"password": ""}).status_code for _ in range(20)} == {422}

    assert alice.post("/confirm", {"password": PASSWORD}).status_code == 429
    assert alice.get("/confirm").status_code == 200


def test_right_and_wrong_tries_are_in_the_log(alice, read):
    alice.post("/confirm", {"password": "not it at all"})
    alice.post("/confirm", {"password": PASSWORD})

    assert [line.action for line in read(AuditEvent)] == ["wrong_password", "identity_confirmed"]


def test_a_stranger_is_sent_to_sign_in(app, cast):
    assert app.test_client().get("/confirm").location == "/login?next=/confirm"
