"""Signing in and out, and what is shown to somebody who has not."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import AuditEvent, User, UserSession
from tests.browse import Browser
from tests.cast import PASSWORD
from tests.web.reading import links, without_token, words

RIGHT = {"email": "alice@example.com", "password": PASSWORD}


@pytest.fixture
def stranger(app, cast):
    browser = Browser(app)
    browser.token = browser._read_token("/login")
    return browser


def test_the_right_pair_leads_home_as_that_person(stranger):
    answer = stranger.post("/login", RIGHT)
    assert (answer.status_code, answer.location) == (303, "/")

    page = words(stranger.get("/").text)
    assert "Alice Acme Sign out" in page


def test_a_wrong_address_and_a_wrong_password_look_the_same(stranger):
    wrong_password = stranger.post("/login", RIGHT | {"password": "not hers"})
    unknown = stranger.post("/login", {"email": "nobody@example.com", "password": "not hers"})

    assert wrong_password.status_code == unknown.status_code == 422
    sentence = "This email and password do not belong together. Check both and try again."
    assert sentence in words(wrong_password.text)
    same = without_token(unknown.text).replace("nobody@example.com", "alice@example.com")
    assert same == without_token(wrong_password.text)
    assert "not hers" not in wrong_password.text


def test_blank_fields_are_named(stranger):
    response = stranger.post("/login", {"email": " ", "password": ""})

    assert response.status_code == 422
    assert "Enter your email address." in words(response.text)
    assert "Enter your password." in words(response.text)


def leads_to(browser, wanted):
    """Where signing in leads; the token is a new one afterwards."""
    answer = browser.post("/login", RIGHT | {"next": wanted})
    browser.token = browser._read_token("/help")
    return answer.location


def test_signing_in_leads_back_to_a_path_of_ours(stranger):
    for wanted in ("/email-accounts?q=ava&page=2", "/help/connecting"):
        assert leads_to(stranger, wanted) == wanted


def test_signing_in_never_leads_to_another_site(stranger):
    for wanted in (
        "",
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "https://evil.test/",
        "https:evil.test",
        "javascript:alert(1)",
        "evil.test",
    ):
        assert leads_to(stranger, wanted) == "/", wanted


def test_the_page_that_was_wanted_is_reached_after_signing_in(stranger):
    asked = stranger.get("/email-accounts?q=ava")
    assert asked.location == "/login?next=/email-accounts?q%3Dava"

    form = stranger.get(asked.location).text
    assert 'value="/email-accounts?q=ava"' in form


def test_a_form_sent_without_a_session_is_not_repeated_by_a_link(stranger):
    assert stranger.post("/email-accounts/1/remove").location == "/login"


def test_a_fragment_asked_for_without_a_session_sends_the_whole_page_to_sign_in(stranger):
    answer = stranger.get("/email-accounts/1", htmx=True)

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=/email-accounts/1"
    assert answer.data == b""


def test_somebody_signed_in_is_not_asked_again(alice):
    assert alice.get("/login?next=/help").location == "/"


def test_guessing_at_a_password_is_stopped_after_20_tries_a_minute(stranger):
    guess = RIGHT | {"password": "guess"}
    assert {stranger.post("/login", guess).status_code for _ in range(20)} == {422}

    assert stranger.post("/login", RIGHT).status_code == 429
    assert stranger.post("/login", RIGHT | {"email": "ALICE@example.com "}).status_code == 429
    bob = {"email": "bob@example.com", "password": PASSWORD}
    assert stranger.post("/login", bob).status_code == 303


def test_signing_out_ends_the_session_on_the_server_too(app, alice, read):
    cookie = alice.client.get_cookie("nimbus").value
    answer = alice.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert read(UserSession) == []

    thief = app.test_client()
    thief.set_cookie("nimbus", cookie)
    assert thief.get("/email-accounts").location.startswith("/login")


def test_signing_out_in_one_browser_leaves_the_other_signed_in(browse):
    here, there = browse("alice"), browse("alice")
    here.post("/logout")

    assert here.get("/help").status_code == 303
    assert there.get("/help").status_code == 200


def test_signing_in_starts_a_new_cookie_session(stranger):
    with stranger.client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
    stranger.post("/login", RIGHT)

    with stranger.client.session_transaction() as session:
        assert "planted" not in session


def test_an_idle_or_old_session_asks_to_sign_in_again(alice, clock):
    clock.advance(days=13)
    assert alice.get("/help").status_code == 200

    clock.advance(days=14, minutes=1)
    assert alice.get("/help").location == "/login?next=/help"


def test_somebody_who_was_deleted_is_signed_out_at_once(app, alice):
    with app.app_context(), transaction() as session:
        session.execute(sa.delete(User).where(User.name == "Alice"))

    assert alice.get("/help").location == "/login?next=/help"


def test_a_forged_cookie_opens_nothing(app, cast):
    client = app.test_client()
    client.set_cookie("nimbus", "eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb")

    assert client.get("/").location == "/login?next=/"


def test_the_sign_in_page_shows_nothing_of_the_product_inside(stranger):
    page = stranger.get("/login").text

    assert "Email accounts" not in page
    assert [link for link in links(page) if link.startswith("/email")] == []


def test_signing_in_again_ends_the_session_that_was_open_in_this_browser(app, stranger, read):
    stranger.post("/login", RIGHT)
    stranger.token = stranger._read_token("/help")
    thief = app.test_client()
    thief.set_cookie("nimbus", stranger.client.get_cookie("nimbus").value)

    stranger.post("/login", {"email": "bob@example.com", "password": PASSWORD})

    assert len(read(UserSession)) == 1
    assert thief.get("/help").status_code == 303
    assert "Bob" in words(stranger.get("/").text)


def test_signing_in_and_out_is_in_the_log(stranger, read):
    stranger.post("/login", RIGHT | {"password": "not hers"})
    stranger.post("/login", RIGHT)
    stranger.token = stranger._read_token("/help")
    stranger.post("/logout")

    lines = [(line.actor, line.action, line.address) for line in read(AuditEvent)]
    assert lines == [("Alice", each, "127.0.0.1") for each in ("sign_in_failed", "signed_in", "signed_out")]
