"""Who belongs to a workspace: roles change and people go, and somebody always owns it."""

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AuditEvent, Invitation, Membership, Role, Workspace
from nimbus.services.asker import Asker
from nimbus.services.invitations import invite
from nimbus.services.sign_in import find_session, open_session
from nimbus.services.team import LastOwner, NoSuchMember, RoleTooHigh, change_role, remove_member
from tests.factories import make_person, make_workspace

LOCK = sa.update(Workspace).values(name=Workspace.name)


@pytest.fixture
def team(acme, ada):
    """The people of Acme, one of each role, as they ask."""

    def asks(user_id, name, role):
        return Asker(acme, user_id, name, role, "192.0.2.7")

    others = {
        name: asks(make_person(acme, name, role=role).user_id, name, role)
        for name, role in (("Adam", Role.ADMIN), ("Bob", Role.OPERATOR), ("Vera", Role.VIEWER))
    }
    return {"Ada": asks(ada[1], "Ada", Role.OWNER)} | others


@pytest.fixture
def second_owner(acme):
    person = make_person(acme, "Oda")
    return Asker(acme, person.user_id, "Oda", Role.OWNER, "192.0.2.8")


def rows(table):
    db.session.rollback()
    return list(db.session.scalars(sa.select(table).execution_options(populate_existing=True)))


def roles():
    return {member.user_id: member.role for member in rows(Membership)}


def test_a_role_changes_at_once_and_stands_in_the_log(team):
    ada, bob = team["Ada"], team["Bob"]
    token = open_session(bob.workspace_id, bob.user_id, address="", browser="")

    change_role(ada, bob.user_id, Role.ADMIN)

    assert find_session(token).role == Role.ADMIN
    [line] = rows(AuditEvent)
    assert (line.action, line.actor, line.address) == ("role_changed", "Ada", "192.0.2.7")
    assert (line.object_name, line.details) == ("Bob", {"role": "from operator to admin"})


def test_the_same_role_again_changes_and_records_nothing(team):
    change_role(team["Ada"], team["Bob"].user_id, Role.OPERATOR)

    assert rows(AuditEvent) == []


def test_the_last_owner_is_neither_demoted_nor_removed_nor_lets_go(team):
    ada = team["Ada"]
    for act in (lambda: change_role(ada, ada.user_id, Role.ADMIN), lambda: remove_member(ada, ada.user_id)):
        with pytest.raises(LastOwner, match="Make somebody else an owner first"):
            act()

    assert roles()[ada.user_id] == "owner"
    assert rows(AuditEvent) == []


def test_an_owner_may_go_once_there_is_another(team, second_owner):
    remove_member(team["Ada"], team["Ada"].user_id)

    assert team["Ada"].user_id not in roles()
    assert [(line.action, line.actor) for line in rows(AuditEvent)] == [("member_left", "Ada")]
    with pytest.raises(LastOwner):
        remove_member(second_owner, second_owner.user_id)


@pytest.mark.parametrize("act", [lambda a, b: change_role(a, b, Role.ADMIN), remove_member])
def test_of_two_owners_who_unmake_each_other_at_one_moment_one_stays(team, second_owner, at_one_lock, act):
    pair = (team["Ada"], second_owner)
    db.session.rollback()

    outcomes = at_one_lock(LOCK, lambda number: act(pair[number], pair[1 - number].user_id), 2)

    assert sum(isinstance(outcome, RoleTooHigh) for outcome in outcomes) == 1, outcomes
    assert list(roles().values()).count("owner") == 1


@pytest.mark.parametrize("act", [lambda a, b: change_role(a, b, Role.VIEWER), remove_member])
def test_of_two_owners_who_let_go_at_one_moment_one_stays(team, second_owner, at_one_lock, act):
    pair = (team["Ada"], second_owner)
    db.session.rollback()

    outcomes = at_one_lock(LOCK, lambda number: act(pair[number], pair[number].user_id), 2)

    assert sum(isinstance(outcome, LastOwner) for outcome in outcomes) == 1, outcomes
    assert list(roles().values()).count("owner") == 1


def test_an_admin_cannot_touch_owners_or_make_one(team):
    adam = team["Adam"]
    for act in (
        lambda: change_role(adam, team["Ada"].user_id, Role.VIEWER),
        lambda: remove_member(adam, team["Ada"].user_id),
        lambda: change_role(adam, team["Bob"].user_id, Role.OWNER),
        lambda: change_role(adam, adam.user_id, Role.OWNER),
        lambda: invite(adam, "new@acme.test", Role.OWNER),
    ):
        with pytest.raises(RoleTooHigh, match=r"^Owners can do this\.$"):
            act()

    assert sorted(roles().values()) == ["admin", "operator", "owner", "viewer"]
    assert rows(Invitation) == rows(AuditEvent) == []


@pytest.mark.parametrize("name", ["Bob", "Vera"])
def test_operators_and_viewers_change_nobody_and_may_leave(team, name):
    asker, other = team[name], team["Vera" if name == "Bob" else "Bob"]
    for act in (
        lambda: change_role(asker, other.user_id, Role.ADMIN),
        lambda: change_role(asker, asker.user_id, Role.ADMIN),
        lambda: remove_member(asker, other.user_id),
        lambda: invite(asker, "new@acme.test", Role.VIEWER),
    ):
        with pytest.raises(RoleTooHigh):
            act()

    assert remove_member(asker, asker.user_id) == name
    assert asker.user_id not in roles()


def test_what_counts_is_the_role_at_that_moment_and_not_the_one_a_page_was_opened_with(team):
    adam, bob = team["Adam"], team["Bob"]
    change_role(team["Ada"], adam.user_id, Role.VIEWER)
    with pytest.raises(RoleTooHigh):
        change_role(adam, bob.user_id, Role.VIEWER)

    remove_member(team["Ada"], adam.user_id)
    with pytest.raises(RoleTooHigh):
        remove_member(adam, bob.user_id)
    assert roles()[bob.user_id] == "operator"


def test_people_of_another_workspace_are_as_good_as_nobody(team):
    stranger = make_person(make_workspace("Zenith"), "Charlie").user_id
    for user_id in (stranger, 999_999):
        with pytest.raises(NoSuchMember):
            change_role(team["Ada"], user_id, Role.VIEWER)
        with pytest.raises(NoSuchMember):
            remove_member(team["Ada"], user_id)

    assert roles()[stranger] == "owner"


def test_who_loses_rank_loses_the_invitations_beyond_it(team, second_owner):
    invite(second_owner, "owner@acme.test", Role.OWNER)
    invite(second_owner, "viewer@acme.test", Role.VIEWER)
    invite(team["Ada"], "other@acme.test", Role.OWNER)

    change_role(team["Ada"], second_owner.user_id, Role.ADMIN)
    assert {each.email for each in rows(Invitation)} == {"viewer@acme.test", "other@acme.test"}

    change_role(team["Ada"], second_owner.user_id, Role.OPERATOR)
    assert {each.email for each in rows(Invitation)} == {"other@acme.test"}
    withdrawn = [line.object_name for line in rows(AuditEvent) if line.action == "invitation_withdrawn"]
    assert withdrawn == ["owner@acme.test", "viewer@acme.test"]


def test_who_is_removed_comes_back_by_no_invitation_of_before(team):
    invite(team["Adam"], "friend@acme.test", Role.VIEWER)
    invite(team["Ada"], "other@acme.test", Role.VIEWER)

    remove_member(team["Ada"], team["Adam"].user_id)

    assert [each.email for each in rows(Invitation)] == ["other@acme.test"]
