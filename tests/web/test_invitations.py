"""Following an invitation: as somebody new, with an account, signed in, and with a link that opens nothing."""

import pytest

from nimbus.models import AuditEvent, Invitation, Membership, User, UserSession
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.invitations import invite, withdraw
from tests.browse import Browser
from tests.cast import PASSWORD
from tests.web.reading import without_token, words

ZOE = "zoe@acme.test"
TYPED = {"email": ZOE, "name": "Zoe", "password": "a phrase of her own"}


@pytest.fixture
def owner(cast):
    return Asker(cast.alice.workspace_id, cast.alice.user_id, "Alice", Role.OWNER, "192.0.2.7")


@pytest.fixture
def make_link(app, owner):
    """Invite an address to Acme; gives the link's path."""

    def make(email=ZOE, role=Role.OPERATOR):
        with app.app_context():
            return f"/invite/{invite(owner, email, role).token}"

    return make


@pytest.fixture
def stranger(app, cast):
    browser = Browser(app)
    browser.token = browser._read_token("/login")
    return browser


def test_somebody_new_chooses_name_and_password_and_is_inside(stranger, make_link, read):
    link = make_link()
    page = stranger.get(link)
    assert "Alice invites you to the workspace Acme as operator: connects, tests," in words(page.text)
    assert f'value="{ZOE}"' in page.text

    answer = stranger.post(link, TYPED)

    assert (answer.status_code, answer.location) == (303, "/")
    home = words(stranger.get("/").text)
    assert "Welcome to Acme." in home
    assert "Zoe Acme Sign out" in home
    assert read(Membership)[-1].role == "operator"


def test_the_password_that_was_chosen_signs_in(app, stranger, make_link):
    stranger.post(make_link(), TYPED)
    other = Browser(app)
    other.token = other._read_token("/login")

    assert other.post("/login", {"email": ZOE, "password": TYPED["password"]}).location == "/"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Enter your name."),
        ({"name": "Z\noe"}, "Remove the line break or control character."),
        ({"password": ""}, "Enter a password."),
        ({"password": "short12"}, "Use at least 8 characters; 15 are better."),
        ({"password": "Zoe@acme.test"}, "Your name, address or workspace would be tried first."),
    ],
)
def test_what_cannot_be_right_is_said_and_spends_nothing(stranger, make_link, read, changes, sentence):
    link = make_link()
    answer = stranger.post(link, TYPED | changes)

    assert answer.status_code == 422
    assert words(answer.text).count(sentence) == 2
    assert TYPED["password"] not in answer.text
    assert len(read(User)) == 5
    assert stranger.post(link, TYPED).status_code == 303


def test_a_link_that_opens_nothing_shows_one_page_whatever_the_reason(
    app, stranger, make_link, owner, clock, read
):
    used, withdrawn = make_link(), make_link("b@x.test")
    Browser(app).client.get(used)
    other = Browser(app)
    other.token = other._read_token(used)
    other.post(used, TYPED)
    with app.app_context():
        withdraw(owner, read(Invitation)[-1].id)
    late = make_link("late@x.test")
    clock.advance(days=7, seconds=1)
    links = ("/invite/unknown", f"/invite/{'x' * 43}", used, withdrawn, late)

    answers = [ask(link) for link in links for ask in (stranger.get, lambda url: stranger.post(url, TYPED))]

    assert {answer.status_code for answer in answers} == {404}
    assert len({without_token(answer.text) for answer in answers}) == 1
    assert "This invitation cannot be used" in words(answers[0].text)


def test_somebody_with_an_account_gives_its_password(app, stranger, make_link, read):
    link = make_link("charlie@example.com")
    assert 'name="name"' not in stranger.get(link).text

    wrong = stranger.post(link, {"email": "charlie@example.com", "password": "not his"})
    assert wrong.status_code == 422
    assert "This is not the password of this address." in words(wrong.text)
    right = stranger.post(link, {"email": "charlie@example.com", "password": PASSWORD})

    assert right.location == "/"
    assert "Welcome to Acme." in words(stranger.get("/").text)
    assert len(read(User)) == 5


def test_guessing_through_an_invitation_counts_as_guessing_at_the_sign_in(stranger, make_link):
    link = make_link("charlie@example.com")
    guess = {"email": "charlie@example.com", "password": "a guess"}
    assert {stranger.post(link, guess).status_code for _ in range(20)} == {422}

    assert stranger.post(link, guess | {"password": PASSWORD}).status_code == 429
    assert stranger.post("/login", guess | {"password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("email", ["", "alice@example.com", "charlie@example.com.", "x"])
def test_tries_cannot_be_counted_for_another_address_than_the_one_that_is_tried(stranger, make_link, email):
    link = make_link("charlie@example.com")

    assert stranger.post(link, {"email": email, "password": PASSWORD}).status_code == 400
    assert stranger.get(link).status_code == 200


def test_somebody_signed_in_confirms_and_is_switched_over(browse, make_link):
    charlie, link = browse("charlie"), make_link("charlie@example.com", Role.VIEWER)
    assert "Join as Charlie" in words(charlie.get(link).text)
    assert "Charlie Zenith" in words(charlie.get("/").text)

    assert charlie.post(link).location == "/"

    page = words(charlie.get("/").text)
    assert "Welcome to Acme." in page
    assert "Charlie Acme : switch workspace Zenith" in page


def test_another_person_learns_only_a_hint_of_whose_it_is_and_spends_nothing(
    browse, make_link, read, stranger
):
    link, bob = make_link(), browse("bob")
    for answer in (bob.get(link), bob.post(link), bob.post(link, TYPED)):
        assert answer.status_code == 403
        assert "It is for z…@acme.test, and you are signed in as bob@example.com." in words(answer.text)
        assert ZOE not in answer.text

    assert read(Invitation)[0].used_at is None
    assert stranger.get(link).status_code == 200


def test_looking_at_an_invitation_changes_nothing(browse, stranger, make_link, read):
    links = [make_link(), make_link("charlie@example.com"), "/invite/unknown"]
    charlie = browse("charlie")
    tables = (AuditEvent, Invitation, Membership, User, UserSession)

    def all_rows():
        return [
            {key: value for key, value in vars(row).items() if key != "_sa_instance_state"}
            for table in tables
            for row in read(table)
        ]

    before = all_rows()
    for link in links:
        for browser in (stranger, charlie):
            browser.get(link)
            browser.client.head(link)

    assert all_rows() == before


def test_the_names_on_the_page_are_text_whatever_they_look_like(app, stranger, make_link, owner):
    with app.app_context():
        hostile = Asker(owner.workspace_id, owner.user_id, owner.name, Role.OWNER, "")
        token = invite(hostile, '"><b>x</b>@acme.test', Role.VIEWER).token

    assert "<b>" not in stranger.get(f"/invite/{token}").text
