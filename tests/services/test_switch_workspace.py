"""Several workspaces: which one a session shows, and what becomes of it when its person leaves."""

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AuditEvent, Membership, Role, UserSession, Workspace
from nimbus.security.workspace_keys import vault_of
from nimbus.services.asker import Asker
from nimbus.services.set_up import add_to_workspace
from nimbus.services.sign_in import find_session, open_session
from nimbus.services.switch_workspace import (
    Lost,
    NameTaken,
    NoSuchWorkspace,
    follow_person,
    make_workspace,
    open_workspace,
)
from nimbus.services.team import remove_member
from tests import factories


@pytest.fixture
def owner(ada):
    return Asker(*ada, "Ada", Role.OWNER, "192.0.2.7")


@pytest.fixture
def zenith():
    """A workspace of Charlie's; gives its id."""
    return factories.make_person(factories.make_workspace("Zenith"), "Charlie").workspace_id


@pytest.fixture
def bob(acme):
    person = factories.make_person(acme, "Bob", role=Role.OPERATOR)
    return Asker(acme, person.user_id, "Bob", Role.OPERATOR, "")


def signed_in(asker):
    return open_session(asker.workspace_id, asker.user_id, address="", browser="")


def rows(table):
    db.session.rollback()
    return list(db.session.scalars(sa.select(table).execution_options(populate_existing=True)))


def test_a_session_opens_another_workspace_of_its_person_with_their_role_there(owner, zenith):
    add_to_workspace(workspace="Zenith", email="ada@example.com", role=Role.VIEWER)
    here, there = signed_in(owner), signed_in(owner)

    open_workspace(owner, there, zenith)

    found = find_session(there)
    assert (found.workspace_id, found.workspace_name, found.role) == (zenith, "Zenith", Role.VIEWER)
    assert find_session(here).workspace_id == owner.workspace_id
    opened = [line for line in rows(AuditEvent) if line.action == "workspace_opened"]
    assert [(line.workspace_id, line.actor) for line in opened] == [(zenith, "Ada")]


def test_a_workspace_of_others_is_as_good_as_none(owner, zenith):
    token = signed_in(owner)
    for workspace_id in (zenith, 999_999):
        with pytest.raises(NoSuchWorkspace):
            open_workspace(owner, token, workspace_id)

    assert find_session(token).workspace_id == owner.workspace_id


def test_nobody_moves_the_session_of_another_person(owner, zenith, bob):
    add_to_workspace(workspace="Zenith", email="ada@example.com")
    token = signed_in(bob)

    open_workspace(owner, token, zenith)

    assert find_session(token).workspace_id == bob.workspace_id


def test_a_session_whose_person_was_removed_shows_nothing_and_is_led_to_another_workspace(owner, zenith, bob):
    add_to_workspace(workspace="Zenith", email="bob@example.com", role=Role.ADMIN)
    token = signed_in(bob)
    remove_member(owner, bob.user_id)
    assert find_session(token) is None

    assert follow_person(token) == Lost("Acme", "Zenith")
    assert (find_session(token).workspace_id, find_session(token).role) == (zenith, Role.ADMIN)


def test_without_another_workspace_the_session_ends(owner, bob):
    token = signed_in(bob)
    remove_member(owner, bob.user_id)

    assert follow_person(token) == Lost("Acme", None)
    assert rows(UserSession) == []
    assert follow_person(token) is None


def test_a_session_with_which_nothing_is_wrong_stays_where_it_is(owner):
    token = signed_in(owner)

    assert [follow_person(each) for each in (token, "unknown", "")] == [None] * 3
    assert find_session(token).workspace_id == owner.workspace_id


def test_a_new_workspace_has_a_key_of_its_own_and_whoever_made_it_as_owner(owner):
    made = make_workspace(owner, "Third", "Asia/Kolkata")

    workspace = db.session.get_one(Workspace, made)
    assert (workspace.name, workspace.timezone) == ("Third", "Asia/Kolkata")
    vault = vault_of(db.session(), made)
    assert vault.open(vault.seal("x", owner="o", field="f"), owner="o", field="f") == "x"
    theirs = [each for each in rows(Membership) if each.workspace_id == made]
    assert [(each.user_id, each.role) for each in theirs] == [(owner.user_id, "owner")]
    [line] = rows(AuditEvent)
    assert (line.workspace_id, line.action, line.actor) == (made, "workspace_made", "Ada")


def test_two_workspaces_never_share_a_name(owner):
    with pytest.raises(NameTaken, match=r"^There is a workspace called Acme already\."):
        make_workspace(owner, "Acme", "UTC")
    assert len(rows(Workspace)) == 1
