"""A copy says on every page that it sends nothing, until the person who runs it confirms it."""

import pytest

from nimbus.database import transaction
from nimbus.models import ConnectionTest, InstanceFact, User
from nimbus.models.instance import LIVE_AT
from nimbus.services.live_place import forget_places
from tests.connecting.form import FORM, filled
from tests.web.reading import words

TITLE = "This copy sends nothing"
CONFIRM = "/system/confirm-place"


@pytest.fixture
def copy(app, cast):
    """A database that was restored; Alice runs the installation."""
    with app.app_context(), transaction() as session:
        session.get_one(User, cast.alice.user_id).owns_instance = True
        forget_places(session)


@pytest.fixture
def places(read):
    return lambda: [fact.value for fact in read(InstanceFact) if fact.name.startswith(LIVE_AT)]


@pytest.mark.parametrize("page", ["/", "/email-accounts", "/help", "/email-accounts/connect/smtp"])
def test_every_page_of_a_copy_says_so_and_only_whoever_runs_it_gets_the_way_out(copy, browse, page):
    owner, member = browse("alice").get(page), browse("bob").get(page)

    for answer in (owner, member):
        assert f"{TITLE} This database was restored from a backup." in words(answer.text)
    assert CONFIRM in owner.text
    assert CONFIRM not in member.text


def test_a_live_installation_says_nothing_of_it(alice):
    assert TITLE not in alice.get("/").text


def test_a_connection_test_is_refused_with_the_sentence(copy, alice, read):
    answer = alice.post(FORM, filled(smtp_port=465, imap_port=993))

    assert answer.status_code == 409
    assert "It sends nothing until whoever runs this installation confirms" in words(answer.text)
    assert read(ConnectionTest) == []


def test_the_page_says_what_to_know_and_confirming_makes_it_send_again(copy, alice, places):
    page = alice.get(CONFIRM)
    assert "Stop any other installation" in words(page.text)

    answer = alice.post(CONFIRM, follow=True)

    assert "Confirmed: this is the live installation. It sends again." in words(answer.text)
    assert TITLE not in answer.text
    assert len(places()) == 1
    assert "It is confirmed already, and sends." in words(alice.get(CONFIRM).text)


def test_nobody_else_confirms_it_and_looking_confirms_nothing(copy, browse, places):
    for person in ("adam", "bob", "vera", "charlie"):
        browser = browse(person)
        assert {browser.get(CONFIRM).status_code, browser.post(CONFIRM).status_code} == {403}
    browse("alice").get(CONFIRM)

    assert places() == []


def test_it_asks_for_the_password_first(copy, alice, clock, places):
    clock.advance(minutes=31)

    for answer in (alice.get(CONFIRM), alice.post(CONFIRM)):
        assert answer.status_code == 303
        assert answer.location == "/confirm?next=/system/confirm-place"
    assert places() == []
