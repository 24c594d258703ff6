"""The first start: one code, one workspace, its owner."""

import re

import pytest

from nimbus.models import EmailAccountHealth, Membership, User, Workspace
from nimbus.services.set_up import new_setup_code
from tests.browse import Browser
from tests.web.reading import words

PASSWORD = "a long enough password"


@pytest.fixture
def code(app):
    with app.app_context():
        return new_setup_code()


@pytest.fixture
def stranger(app, code):
    browser = Browser(app)
    browser.token = browser._read_token("/setup")
    return browser


def typed(code, **changes):
    values = {
        "code": code,
        "workspace": "Acme",
        "name": "Ada",
        "email": "Ada@Acme.test",
        "password": PASSWORD,
    }
    return values | {"timezone": "Asia/Kolkata"} | changes


def test_everything_leads_to_the_set_up_until_somebody_can_sign_in(stranger):
    for url in ("/", "/email-accounts", "/email-accounts/1", "/help"):
        assert stranger.get(url).location == "/setup"

    assert "Welcome. Your server works." in words(stranger.get("/setup").text)


def test_the_code_makes_the_workspace_and_signs_its_owner_in(stranger, code, read):
    answer = stranger.post("/setup", typed(code))

    assert (answer.status_code, answer.location) == (303, "/")
    [workspace] = read(Workspace)
    assert (workspace.name, workspace.timezone) == ("Acme", "Asia/Kolkata")
    assert [(user.name, user.email) for user in read(User)] == [("Ada", "ada@acme.test")]
    assert [member.role for member in read(Membership)] == ["owner"]
    assert read(EmailAccountHealth) == []
    home = words(stranger.get("/").text)
    assert "Acme" in home
    assert "Connect your first inbox" in home


def test_the_password_that_was_set_signs_in(app, stranger, code):
    stranger.post("/setup", typed(code, password="  blanks count  "))
    other = Browser(app)
    other.token = other._read_token("/login")

    answer = other.post("/login", {"email": "ada@acme.test", "password": "  blanks count  "})
    assert answer.location == "/"


def test_a_wrong_code_is_refused_beside_the_field_and_loses_nothing_but_the_password(stranger, code, read):
    response = stranger.post("/setup", typed("AAAA-BBBB-CCCC", workspace="Ünal & Co"))

    assert response.status_code == 422
    assert "This is not the code that the terminal shows." in words(response.text)
    assert "<title>Error: Set up – NimbusOS</title>" in response.text
    assert 'value="Ünal &amp; Co"' in response.text
    assert 'value="Ada"' in response.text
    assert '<option selected value="Asia/Kolkata">' in response.text
    assert PASSWORD not in response.text
    assert read(User) == read(Workspace) == []


def test_every_blank_field_has_its_sentence(stranger):
    response = stranger.post("/setup", typed("", workspace="", name=" ", email="", password=""))

    assert response.status_code == 422
    for sentence in (
        "Enter the code that the terminal shows.",
        "Enter a name, such as your agency's.",
        "Enter your name.",
        "Enter your email address.",
        "Enter a password.",
    ):
        assert response.text.replace("&#39;", "'").count(sentence) == 2  # in the summary and beside the field


WRONG = (
    ({"password": "short12"}, "Use at least 8 characters; 15 are better."),
    ({"password": "x" * 1025}, "Use at most 1,024 characters."),
    ({"password": "Sunshine"}, "This is one of the 3,000 passwords most in use, which are tried first."),
    ({"password": "ada@acme.test"}, "Your name, address or workspace would be tried first."),
    ({"email": "ada"}, "Enter an address like ava@example.com."),
    ({"email": "ada@"}, "Enter an address like ava@example.com."),
    ({"name": "A\r\nda"}, "Remove the line break or control character."),
    ({"workspace": "x" * 101}, "Use at most 100 characters."),
    ({"timezone": "Mars/Olympus"}, "Not a valid choice."),
)


def test_what_cannot_be_right_is_said_and_spends_no_code(stranger, code, read):
    for wrong, sentence in WRONG:
        response = stranger.post("/setup", typed(code, **wrong))
        assert response.status_code == 422
        assert sentence in words(response.text)
    assert read(User) == []

    assert stranger.post("/setup", typed(code)).status_code == 303


def test_a_second_use_is_refused_and_the_page_is_gone(app, stranger, code, read):
    second = Browser(app)
    second.token = second._read_token("/setup")
    stranger.post("/setup", typed(code))

    assert second.post("/setup", typed(code, email="eve@acme.test")).status_code == 403
    assert second.get("/setup").location == "/"
    assert second.get("/").location == "/login?next=/"
    assert len(read(User)) == 1


def test_guessing_at_the_code_is_stopped_after_20_tries_a_minute(stranger, code, read):
    tries = [stranger.post("/setup", typed("AAAA-BBBB-CCCC", name="")).status_code for _ in range(20)]
    assert tries == [422] * 20

    refused = stranger.post("/setup", typed(code))
    assert refused.status_code == 429
    assert re.search(r"Too many tries Wait \d+ s, then try again\.", words(refused.text))
    assert read(User) == []
    assert stranger.get("/setup").status_code == 200
