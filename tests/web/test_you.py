"""Settings, You: one's own name and password, and where one is signed in."""

import pytest

from nimbus.models import AuditEvent, User, UserSession
from nimbus.services.sign_in import find_session, session_id
from tests.browse import Browser, Page
from tests.cast import PASSWORD
from tests.web.reading import words

NEW = "quite another password"
CHANGE = {"current_password": PASSWORD, "password": NEW}


def token_of(browser):
    with browser.client.session_transaction() as cookie:
        return cookie["_user_id"]


def test_the_page_shows_the_name_and_where_one_is_signed_in(browse):
    browse("bob")
    browse("alice")
    page = words(browse("alice").get("/settings/you").text)

    assert page.count("127.0.0.1. Signed in just now , last seen just now .") == 2
    assert page.count("This one") == 1


@pytest.mark.parametrize("person", ["alice", "adam", "bob", "vera"])
def test_everybody_has_the_page_and_changes_their_own_name(browse, read, person):
    browser = browse(person)
    answer = browser.post("/settings/you/name", {"name": "  Zoë Ünal  "})

    assert answer.location == "/settings/you"
    page = browser.get("/settings/you").text
    assert "Your name was changed." in page
    assert Page(page).field("name")["value"] == "Zoë Ünal"
    assert [user.name for user in read(User)].count("Zoë Ünal") == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter your name."),
        ("x" * 101, "Use at most 100 characters."),
        ("A\r\nB", "Remove the line break or control character."),
    ],
)
def test_a_name_that_cannot_be_is_said_beside_the_field(alice, read, typed, sentence):
    response = alice.post("/settings/you/name", {"name": typed})

    assert response.status_code == 422
    assert "<title>Error: You – NimbusOS</title>" in response.text
    assert response.text.count(sentence) == 2  # in the summary and beside the field
    assert "Alice" in [user.name for user in read(User)]


def test_another_password_signs_in_from_now_on_and_the_page_says_what_ended(app, browse, cast):
    browse("alice")
    browse("alice")
    alice = browse("alice")

    assert alice.post("/settings/you/password", CHANGE).location == "/settings/you"

    page = alice.get("/settings/you")
    assert "Your password was changed. 2 other sessions were ended." in words(page.text)
    stranger = Browser(app)
    stranger.token = stranger._read_token("/login")
    assert stranger.post("/login", {"email": cast.alice.email, "password": PASSWORD}).status_code == 422
    assert stranger.post("/login", {"email": cast.alice.email, "password": NEW}).status_code == 303


def test_after_a_change_of_password_the_other_browsers_must_sign_in(browse):
    here, there = browse("alice"), browse("alice")
    before = token_of(here)
    here.post("/settings/you/password", CHANGE)

    assert there.get("/help").location == "/login?next=/help"
    assert here.get("/help").status_code == 200
    assert token_of(here) != before
    with here.app.app_context():
        assert find_session(before) is None


def test_a_copy_of_the_cookie_from_before_the_change_opens_nothing(app, alice):
    thief = app.test_client()
    thief.set_cookie("nimbus", alice.client.get_cookie("nimbus").value)
    alice.post("/settings/you/password", CHANGE)

    assert thief.get("/email-accounts").location.startswith("/login")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"current_password": ""}, "Enter your current password."),
        ({"current_password": "not it at all"}, "This is not your password."),
        ({"password": ""}, "Enter a password."),
        ({"password": "short12"}, "Use at least 8 characters; 15 are better."),
        ({"password": "x" * 1025}, "Use at most 1,024 characters."),
        ({"password": "Princess"}, "This is one of the 3,000 passwords most in use, which are tried first."),
        ({"password": "Alice@example.com"}, "Your name, address or workspace would be tried first."),
    ],
)
def test_a_password_that_cannot_be_is_said_beside_the_field_and_changes_nothing(
    browse, read, changes, sentence
):
    alice, _ = browse("alice"), browse("alice")
    before = [user.password_hash for user in read(User)]
    response = alice.post("/settings/you/password", CHANGE | changes)

    assert response.status_code == 422
    assert response.text.count(sentence) == 2
    assert NEW not in response.text
    assert [user.password_hash for user in read(User)] == before
    assert len(read(UserSession)) == 2


@pytest.mark.parametrize("password", ["ä" * 64, "x" * 1024, "all lower case", "correct horse battery staple"])
def test_long_passwords_and_plain_ones_are_taken_whole(app, alice, cast, password):
    assert alice.post("/settings/you/password", CHANGE | {"password": password}).status_code == 303

    stranger = Browser(app)
    stranger.token = stranger._read_token("/login")
    almost = {"email": cast.alice.email, "password": password[:-1]}
    assert stranger.post("/login", almost).status_code == 422
    assert stranger.post("/login", almost | {"password": password}).status_code == 303


def test_password_fields_may_be_pasted_into_and_filled_by_a_password_manager(alice):
    page = Page(alice.get("/settings/you").text)

    current, new = page.field("current_password"), page.field("password")
    assert (current["autocomplete"], new["autocomplete"]) == ("current-password", "new-password")
    assert {"maxlength", "onpaste", "readonly"} & (current.keys() | new.keys()) == set()


def test_guessing_at_the_current_password_is_stopped_within_the_session_and_nowhere_else(browse):
    thief, alice = browse("alice"), browse("alice")
    wrong = {"current_password": "", "password": ""}
    assert {thief.post("/settings/you/password", wrong).status_code for _ in range(20)} == {422}

    assert thief.post("/settings/you/password", CHANGE).status_code == 429
    assert thief.post("/confirm", {"password": PASSWORD}).status_code == 429
    assert alice.post("/settings/you/password", CHANGE).status_code == 303


def test_one_other_session_is_ended_and_says_so(browse):
    here, there, third = browse("alice"), browse("alice"), browse("alice")
    answer = here.post(f"/settings/you/sessions/{session_id(token_of(there))}/end")

    assert answer.location == "/settings/you#sessions"
    assert "That session was ended." in words(here.get("/settings/you").text)
    assert there.get("/help").location == "/login?next=/help"
    assert third.get("/help").status_code == 200


def test_all_other_sessions_end_at_once(browse):
    here, there, third, bob = browse("alice"), browse("alice"), browse("alice"), browse("bob")
    here.post("/settings/you/sessions/end-others")

    assert "2 other sessions were ended." in words(here.get("/settings/you").text)
    assert [each.get("/help").status_code for each in (here, there, third, bob)] == [200, 303, 303, 200]
    page = words(here.get("/settings/you").text)
    assert "You are signed in nowhere else." in page
    assert "End all others" not in page


def test_the_session_of_somebody_else_answers_as_one_that_is_not_there(browse):
    alice, bob = browse("alice"), browse("bob")
    foreign = alice.post(f"/settings/you/sessions/{session_id(token_of(bob))}/end")
    missing = alice.post(f"/settings/you/sessions/{'0' * 16}/end")

    assert foreign.status_code == missing.status_code == 404
    assert words(foreign.text) == words(missing.text)
    assert bob.get("/help").status_code == 200


def test_no_page_holds_a_session_token(browse):
    browsers = [browse("alice") for _ in range(3)]
    page = browsers[0].get("/settings/you").text

    assert [each for each in browsers if token_of(each) in page] == []


def test_what_was_done_is_in_the_log_with_who_and_from_where(alice, read):
    alice.post("/settings/you/name", {"name": "Alice B."})
    alice.post("/settings/you/password", CHANGE)

    lines = [(line.actor, line.action, line.address) for line in read(AuditEvent)]
    assert lines == [
        ("Alice", "name_changed", "127.0.0.1"),
        ("Alice B.", "password_changed", "127.0.0.1"),
    ]
    assert PASSWORD not in str([vars(line) for line in read(AuditEvent)])
