"""Several workspaces of one person: switching, leaving, and making a new one."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import Membership, User, Workspace
from nimbus.rules.roles import Role
from nimbus.services.set_up import add_to_workspace
from tests.factories import make_email_account
from tests.web.reading import links, without_token, words

TYPED = {"name": "Third & Co", "timezone": "Asia/Kolkata"}


@pytest.fixture
def zenith(app, cast):
    """Alice belongs to Charlie's workspace as a viewer; gives its id."""
    with app.app_context():
        add_to_workspace(workspace="Zenith", email="alice@example.com", role=Role.VIEWER)
        make_email_account(cast.charlie.workspace_id, "only@zenith.test")
    return cast.charlie.workspace_id


@pytest.fixture
def installer(app, cast, browse):
    """Alice, who runs the installation."""
    with app.app_context(), transaction() as session:
        session.execute(sa.update(User).where(User.name == "Alice").values(owns_instance=True))
    return browse("alice")


def test_the_menu_offers_to_switch_once_there_is_somewhere_to_go(browse, alice, zenith):
    assert "Alice Acme : switch workspace Zenith All workspaces Sign out" in words(alice.get("/help").text)

    bob = browse("bob").get("/help").text
    assert "switch workspace" not in bob
    assert "/workspaces" in links(bob)


def test_switching_shows_the_other_workspace_with_ones_role_there_in_this_browser_only(alice, browse, zenith):
    other = browse("alice")

    assert alice.post(f"/workspaces/{zenith}/open").location == "/"

    assert "only@zenith.test" in alice.get("/email-accounts").text
    assert alice.get("/email-accounts/connect").status_code == 403
    assert "only@zenith.test" not in other.get("/email-accounts").text
    assert other.get("/email-accounts/connect").status_code == 200


def test_a_workspace_of_others_answers_like_a_missing_one(browse, cast):
    bob = browse("bob")
    theirs, missing = (
        bob.post(f"/workspaces/{number}/open") for number in (cast.charlie.workspace_id, 999_999)
    )

    assert theirs.status_code == missing.status_code == 404
    assert without_token(theirs.text) == without_token(missing.text)
    assert "Bob Acme" in words(bob.get("/help").text)


def test_a_link_switches_nothing(alice, zenith):
    assert alice.get(f"/workspaces/{zenith}/open").status_code == 405


def test_the_list_names_ones_workspaces_and_roles_and_no_others(alice, browse, zenith):
    page = words(alice.get("/workspaces").text)
    assert "Acme Owner Open Leave Acme Zenith Viewer Open" in page

    assert "Zenith" not in browse("bob").get("/workspaces").text


def test_leaving_is_confirmed_and_leads_to_the_other_workspace(browse, alice, zenith, read):
    alice.post(f"/workspaces/{zenith}/open")
    page = words(alice.get("/workspaces/leave").text)
    assert "Leave Zenith?" in page
    assert "You stay in Acme." in page

    assert alice.post("/workspaces/leave").location == "/"

    assert "You left Zenith. This is Acme." in words(alice.get("/").text)
    assert (zenith, "viewer") not in {(each.workspace_id, each.role) for each in read(Membership)}


def test_leaving_the_only_workspace_signs_out(browse):
    vera = browse("vera")
    assert "you are signed out" in words(vera.get("/workspaces/leave").text)

    assert vera.post("/workspaces/leave").location == "/login"

    assert "You left Acme, and you have no other workspace." in words(vera.get("/login").text)
    assert vera.get("/help").location == "/login?next=/help"


def test_the_last_owner_reads_why_they_cannot_leave(alice, read):
    answer = alice.post("/workspaces/leave")

    assert answer.status_code == 422
    assert "Make somebody else an owner first." in words(answer.text)
    assert len(read(Membership)) == 5


def test_leaving_asks_for_the_password_again_after_half_an_hour(browse, clock, read):
    vera = browse("vera")
    clock.advance(minutes=31)

    assert vera.post("/workspaces/leave").location == "/confirm?next=/workspaces/leave"
    assert len(read(Membership)) == 5


def test_whoever_runs_the_installation_makes_a_workspace_and_is_in_it(installer, read):
    assert "/workspaces/new" in links(installer.get("/workspaces").text)
    assert '<option selected value="Europe/Paris">' in installer.get("/workspaces/new").text

    assert installer.post("/workspaces/new", TYPED).location == "/"

    assert "Third &amp; Co is ready, and you own it." in installer.get("/").text
    workspace = read(Workspace)[-1]
    assert (workspace.name, workspace.timezone) == ("Third & Co", "Asia/Kolkata")
    assert read(Membership)[-1].role == "owner"


def test_nobody_else_makes_a_workspace(alice, read):
    assert "/workspaces/new" not in links(alice.get("/workspaces").text)
    assert "Whoever runs this installation can make a new one." in words(alice.get("/workspaces").text)
    for answer in (alice.get("/workspaces/new"), alice.post("/workspaces/new", TYPED)):
        assert answer.status_code == 403
        assert "Whoever runs this installation can." in words(answer.text)
    assert len(read(Workspace)) == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter a name, such as the agency's."),
        ({"name": "Zenith"}, "There is a workspace called Zenith already. Choose another name."),
        ({"timezone": "Mars/Olympus"}, "Not a valid choice."),
    ],
)
def test_what_cannot_be_right_is_said_beside_its_field(installer, read, changes, sentence):
    answer = installer.post("/workspaces/new", TYPED | changes)

    assert answer.status_code == 422
    assert words(answer.text.replace("&#39;", "'")).count(sentence) == 2
    assert len(read(Workspace)) == 2
