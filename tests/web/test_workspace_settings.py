"""Settings, Workspace: everybody sees it, owners change it, and whoever runs the installation sets the limit."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import AuditEvent, User, Workspace
from tests.browse import Page
from tests.factories import make_email_account
from tests.web.reading import words

URL = "/settings/workspace"
LIMIT = "/settings/workspace/limit"


@pytest.fixture
def acme(read):
    """The row of Acme as it is now."""
    return lambda: read(Workspace)[0]


@pytest.fixture
def host(app, cast, browse):
    """Alice, who runs the installation."""
    with app.app_context(), transaction() as session:
        session.execute(sa.update(User).where(User.name == "Alice").values(owns_instance=True))
    return browse("alice")


@pytest.mark.parametrize("person", ["adam", "bob", "vera"])
def test_members_see_it_and_are_told_who_can_change_it(browse, acme, person):
    page = browse(person).get(URL)

    assert "Name Acme Time zone Europe/Paris" in words(page.text)
    assert "Owners can change this." in words(page.text)
    assert "Whoever runs this installation can change the limit." in words(page.text)
    assert "<form" not in page.text.partition('aria-labelledby="workspace"')[2]
    assert browse(person).post(URL, {"name": "Mine", "timezone": "UTC"}).status_code == 403
    assert acme().name == "Acme"


def test_an_owner_changes_name_and_zone_and_reads_what_becomes_of_today(alice, acme):
    page = alice.post(URL, {"name": "  Acme & Co ", "timezone": "Asia/Kolkata"}, follow=True)

    assert (acme().name, acme().timezone) == ("Acme & Co", "Asia/Kolkata")
    assert "Saved. I" in words(page.text)
    assert "in Asia/Kolkata" in words(page.text).replace("In Asia", "in Asia")
    assert Page(page.text).field("name")["value"] == "Acme & Co"


def test_without_another_zone_nothing_is_said_about_today(alice, acme):
    page = alice.post(URL, {"name": "Acme two", "timezone": "Europe/Paris"}, follow=True)

    assert "Saved." in words(page.text)
    assert "Saved. I" not in words(page.text)
    assert acme().name == "Acme two"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": " ", "timezone": "UTC"}, "Enter a name, such as your agency's."),
        ({"name": "a\r\nb", "timezone": "UTC"}, "Remove the line break or control character."),
        ({"name": "x" * 101, "timezone": "UTC"}, "Use at most 100 characters."),
        ({"name": "Acme", "timezone": "Mars/Olympus"}, "Not a valid choice."),
        ({"name": "Acme"}, "Not a valid choice."),
        ({"name": "Zenith", "timezone": "UTC"}, "There is a workspace called Zenith already."),
    ],
)
def test_what_cannot_be_saved_is_said_beside_the_field_and_changes_nothing(alice, acme, typed, sentence):
    page = alice.post(URL, typed)

    assert page.status_code == 422
    assert words(page.text).replace("&#39;", "'").count(sentence) == 2
    assert 'aria-invalid="true"' in page.text
    assert (acme().name, acme().timezone) == ("Acme", "Europe/Paris")


def test_without_a_limit_inboxes_are_compared_with_a_thousand(app, cast, alice):
    with app.app_context():
        make_email_account(cast.alice.workspace_id)
        make_email_account(cast.charlie.workspace_id)

    page = words(alice.get(URL).text)
    assert "1 of 1,000 connected" in page
    assert "There is no fixed limit." in page


@pytest.mark.claim("C65", partly=True)
def test_whoever_runs_the_installation_sets_and_lifts_the_limit(host, acme, read):
    page = words(host.post(LIMIT, {"account_limit": " 50 "}, follow=True).text)
    assert acme().account_limit == 50
    assert "0 of 50 connected" in page
    assert "Beyond 50, connecting another inbox is refused." in page

    host.post(LIMIT, {"account_limit": ""})
    assert acme().account_limit is None
    recorded = [event for event in read(AuditEvent) if event.action == "account_limit_set"]
    assert [(event.actor, event.details["limit"]) for event in recorded] == [
        ("Alice", "from no limit to 50"),
        ("Alice", "from 50 to no limit"),
    ]


@pytest.mark.parametrize("typed", ["-1", "1.5", "many", "1000001", "٣"])
def test_a_limit_that_is_no_whole_number_is_refused_beside_the_field(host, acme, typed):
    page = host.post(LIMIT, {"account_limit": typed})

    assert page.status_code == 422
    assert words(page.text).count("Enter a whole number from 0 to 1,000,000, or leave it empty.") == 2
    assert f'value="{typed}"' in page.text
    assert acme().account_limit is None


@pytest.mark.parametrize("person", ["bob", "adam", "alice"])
def test_nobody_else_sets_the_limit_not_even_an_owner(browse, acme, person):
    somebody = browse(person)

    assert "account_limit" not in somebody.get(URL).text
    answer = somebody.post(LIMIT, {"account_limit": "5"})
    assert answer.status_code == 403
    assert "Whoever runs this installation can." in words(answer.text)
    assert acme().account_limit is None
