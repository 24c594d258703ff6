"""Invitations: one link, one person, once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import AuditEvent, Invitation, Membership, Role, User, Workspace
from nimbus.services.asker import Asker
from nimbus.services.invitations import (
    HasAccount,
    InvitationGone,
    NoSuchInvitation,
    WrongPassword,
    accept_as,
    accept_as_new,
    accept_with_password,
    find_invitation,
    invite,
    withdraw,
)
from nimbus.services.set_up import add_to_workspace
from nimbus.services.sign_in import sign_in
from nimbus.services.team import AlreadyMember, RoleTooHigh, remove_member
from tests.cast import PASSWORD
from tests.factories import make_person, make_workspace

FROM = "192.0.2.9"
ZOE = "zoe@acme.test"
LOCK = sa.update(Workspace).values(name=Workspace.name)


@pytest.fixture
def owner(ada):
    return Asker(*ada, "Ada", Role.OWNER, "192.0.2.7")


@pytest.fixture
def zenith():
    """Somebody who belongs to another workspace."""
    return make_person(make_workspace("Zenith"), "Charlie")


def rows(table):
    db.session.rollback()
    return list(db.session.scalars(sa.select(table).execution_options(populate_existing=True)))


def join(token, password=PASSWORD):
    return accept_as_new(token, name="Zoe", password=password, address=FROM)


def lines():
    return [(line.action, line.actor, line.object_name, line.details) for line in rows(AuditEvent)]


def test_the_link_makes_a_new_person_a_member_who_can_sign_in(owner):
    made = invite(owner, ZOE, Role.VIEWER)
    ids = join(made.token)

    assert ids[0] == owner.workspace_id
    roles = {member.user_id: member.role for member in rows(Membership)}
    assert roles[ids[1]] == "viewer"
    assert sign_in(ZOE, PASSWORD, address="", browser="")
    assert lines()[:2] == [
        ("member_invited", "Ada", ZOE, {"role": "viewer"}),
        ("member_joined", "Zoe", None, {"role": "viewer", "invited_by": "Ada"}),
    ]
    assert not db.session.get_one(User, ids[1]).owns_instance


def test_a_link_that_opens_nothing_says_so_in_the_same_way_whatever_the_reason(owner, clock):
    used, withdrawn, replaced, late = (
        invite(owner, email, Role.VIEWER).token for email in (ZOE, "b@x.test", "c@x.test", "d@x.test")
    )
    join(used)
    withdraw(owner, rows(Invitation)[1].id)
    invite(owner, "c@x.test", Role.VIEWER)
    clock.advance(days=7)

    errors = []
    for token in ("", "x", "ä€", "a" * 5000, used, withdrawn, replaced, late):
        for act in (find_invitation, join, lambda token: accept_as(token, owner.user_id, address="")):
            with pytest.raises(InvitationGone) as raised:
                act(token)
            errors.append(str(raised.value))
    assert set(errors) == {""}
    assert len(rows(User)) == 2


def test_a_link_works_until_the_last_moment_of_its_week(owner, clock):
    made = invite(owner, ZOE, Role.VIEWER)
    assert timedelta(0) <= now() + timedelta(days=7) - made.expires_at < timedelta(seconds=5)

    clock.advance(days=6, hours=23, minutes=59)
    join(made.token)


def test_of_two_people_with_one_link_exactly_one_gets_in(owner, at_one_lock):
    token = invite(owner, ZOE, Role.OPERATOR).token
    db.session.rollback()

    # Both have found the invitation open when they come to spend it.
    outcomes = at_one_lock(LOCK, lambda number: join(token, f"the password of {number}"), 2)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InvitationGone", "tuple"]
    assert len(rows(Membership)) == len(rows(User)) == 2
    won = next(number for number, outcome in enumerate(outcomes) if isinstance(outcome, tuple))
    assert sign_in(ZOE, f"the password of {won}", address="", browser="")


def test_a_link_that_is_withdrawn_at_the_moment_it_is_used_is_either_used_or_withdrawn(owner, at_one_lock):
    token = invite(owner, ZOE, Role.OPERATOR).token
    [invitation] = rows(Invitation)
    invitation_id = invitation.id
    db.session.rollback()

    acts = (lambda: join(token), lambda: withdraw(owner, invitation_id))
    outcomes = {type(outcome).__name__ for outcome in at_one_lock(LOCK, lambda number: acts[number](), 2)}

    assert outcomes in ({"tuple", "NoSuchInvitation"}, {"InvitationGone", "str"})
    assert len(rows(Membership)) == (2 if "tuple" in outcomes else 1)


def test_two_workspaces_that_invite_one_new_address_make_one_person(owner, zenith, at_once):
    other = Asker(zenith.workspace_id, zenith.user_id, "Charlie", Role.OWNER, "")
    tokens = [invite(asker, ZOE, Role.VIEWER).token for asker in (owner, other)]
    db.session.rollback()

    outcomes = at_once(lambda number: join(tokens[number]), 2)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["HasAccount", "tuple"]
    left = next(
        token for token, outcome in zip(tokens, outcomes, strict=True) if isinstance(outcome, HasAccount)
    )
    accept_with_password(left, PASSWORD, address=FROM)
    assert (
        len([member for member in rows(Membership) if member.user_id not in {owner.user_id, zenith.user_id}])
        == 2
    )


def test_the_database_does_not_hold_the_token(owner):
    made = invite(owner, ZOE, Role.VIEWER)

    [row] = rows(Invitation)
    assert made.token not in {str(value) for value in vars(row).values()}
    assert made.token not in str(lines())
    with pytest.raises(InvitationGone):
        find_invitation(row.token_hash)


def test_somebody_with_an_account_joins_as_who_they_are(owner, zenith):
    before = [(user.name, user.password_hash) for user in rows(User)]
    made = invite(owner, zenith.email, Role.ADMIN)
    assert find_invitation(made.token).has_account

    with pytest.raises(HasAccount):
        join(made.token)
    assert accept_with_password(made.token, PASSWORD, address=FROM) == (owner.workspace_id, zenith.user_id)

    assert [(user.name, user.password_hash) for user in rows(User)] == before
    theirs = {each.workspace_id: each.role for each in rows(Membership) if each.user_id == zenith.user_id}
    assert theirs == {zenith.workspace_id: "owner", owner.workspace_id: "admin"}


def test_a_wrong_password_spends_nothing_and_is_told_to_the_persons_own_workspace(owner, zenith):
    made = invite(owner, zenith.email, Role.ADMIN)

    with pytest.raises(WrongPassword):
        accept_with_password(made.token, "another one", address=FROM)

    [line] = [line for line in rows(AuditEvent) if line.action == "sign_in_failed"]
    assert (line.workspace_id, line.actor, line.address) == (zenith.workspace_id, "Charlie", FROM)
    accept_with_password(made.token, PASSWORD, address=FROM)


def test_somebody_who_belongs_nowhere_any_more_can_be_invited_back(owner):
    bob = make_person(owner.workspace_id, "Bob", role=Role.OPERATOR)
    remove_member(owner, bob.user_id)
    made = invite(owner, bob.email, Role.VIEWER)

    assert accept_with_password(made.token, PASSWORD, address=FROM) == (owner.workspace_id, bob.user_id)


def test_an_invitation_is_for_nobody_else(owner, zenith):
    made = invite(owner, ZOE, Role.ADMIN)

    with pytest.raises(InvitationGone):
        accept_as(made.token, zenith.user_id, address=FROM)
    assert find_invitation(made.token).email == ZOE


def test_who_was_added_meanwhile_keeps_the_role_they_have(owner, zenith):
    made = invite(owner, zenith.email, Role.ADMIN)
    add_to_workspace(workspace="Acme", email=zenith.email, role=Role.VIEWER)

    accept_as(made.token, zenith.user_id, address=FROM)

    theirs = [each.role for each in rows(Membership) if each.workspace_id == owner.workspace_id]
    assert sorted(theirs) == ["owner", "viewer"]
    assert "member_joined" not in {action for action, *_ in lines()}


def test_members_are_not_invited_again(owner):
    with pytest.raises(AlreadyMember, match=r"^Ada has this address and is a member already\.$"):
        invite(owner, "ada@example.com", Role.VIEWER)
    assert rows(Invitation) == []


def test_an_admin_neither_replaces_nor_withdraws_an_owners_invitation_of_an_owner(owner):
    adam = make_person(owner.workspace_id, "Adam", role=Role.ADMIN)
    admin = Asker(owner.workspace_id, adam.user_id, "Adam", Role.ADMIN, "")
    made = invite(owner, ZOE, Role.OWNER)
    [invitation] = rows(Invitation)

    for act in (lambda: invite(admin, ZOE, Role.VIEWER), lambda: withdraw(admin, invitation.id)):
        with pytest.raises(RoleTooHigh, match=r"^Owners can do this\.$"):
            act()
    assert find_invitation(made.token).role == Role.OWNER


def test_invitations_of_another_workspace_used_and_missing_ones_cannot_be_withdrawn(owner, zenith):
    other = Asker(zenith.workspace_id, zenith.user_id, "Charlie", Role.OWNER, "")
    invite(owner, "a@x.test", Role.VIEWER)
    join(invite(owner, ZOE, Role.VIEWER).token)
    theirs, used = (each.id for each in rows(Invitation))

    for asker, invitation_id in ((other, theirs), (owner, used), (owner, 999_999)):
        with pytest.raises(NoSuchInvitation):
            withdraw(asker, invitation_id)
    assert len(rows(Invitation)) == 2
