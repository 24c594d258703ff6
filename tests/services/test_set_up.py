"""The first start: a one-time code, then one workspace and its owner."""

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AuditEvent, InstanceFact, Membership, Role, User, Workspace
from nimbus.models.instance import SETUP_CODE_HASH
from nimbus.security.passwords import password_matches
from nimbus.security.workspace_keys import vault_of
from nimbus.services.set_up import (
    AddressTaken,
    FirstPersonOwns,
    WrongSetupCode,
    add_to_workspace,
    create_user,
    is_set_up,
    new_setup_code,
    set_up,
)
from nimbus.services.team import AlreadyMember

PASSWORD = "a long enough password"


def first(code, **changes):
    values = {"workspace": "Acme", "name": "Ada", "email": "Ada@Acme.test", "timezone": "Asia/Kolkata"}
    return set_up(code=code, password=PASSWORD, **values | changes)


def rows(table):
    db.session.rollback()
    return list(db.session.scalars(sa.select(table)))


def test_the_code_makes_the_workspace_its_key_and_its_owner(context):
    workspace_id, user_id = first(new_setup_code())

    workspace = db.session.get_one(Workspace, workspace_id)
    assert (workspace.name, workspace.timezone) == ("Acme", "Asia/Kolkata")
    person = db.session.get_one(User, user_id)
    assert (person.name, person.email) == ("Ada", "ada@acme.test")
    assert password_matches(PASSWORD, person.password_hash)
    [member] = rows(Membership)
    assert (member.workspace_id, member.user_id, member.role) == (workspace_id, user_id, "owner")
    vault = vault_of(db.session(), workspace_id)
    assert vault.open(vault.seal("x", owner="o", field="f"), owner="o", field="f") == "x"
    assert is_set_up()


def test_the_code_works_once(context):
    code = new_setup_code()
    first(code)

    with pytest.raises(WrongSetupCode):
        first(code, email="second@acme.test")
    assert len(rows(User)) == 1


def test_a_wrong_code_makes_nothing_and_spends_nothing(context):
    code = new_setup_code()

    for typed in ("", "AAAA-BBBB-CCCC", "1111", "ä" * 14, code[:-1]):
        with pytest.raises(WrongSetupCode, match=r"^This is not the code that the terminal shows\.$"):
            first(typed)
    assert rows(User) == rows(Workspace) == []
    first(code)


def test_the_code_is_read_as_people_type_it(context):
    first(f"  {new_setup_code().lower().replace('-', ' ')} ")

    assert is_set_up()


def test_a_new_code_replaces_the_one_before(context):
    before, after = new_setup_code(), new_setup_code()

    with pytest.raises(WrongSetupCode):
        first(before)
    first(after)


def test_there_is_no_code_once_somebody_can_sign_in(context):
    first(new_setup_code())

    assert new_setup_code() is None
    assert SETUP_CODE_HASH not in {fact.name for fact in rows(InstanceFact)}


def test_the_database_does_not_hold_the_code(context):
    code = new_setup_code()

    [fact] = rows(InstanceFact)
    assert code not in fact.value
    assert code.replace("-", "") not in fact.value


def test_without_a_code_nobody_sets_up(context):
    with pytest.raises(WrongSetupCode):
        first("ABCD-EFGH-JKMN")


def test_those_who_use_the_code_at_the_same_moment_get_one_workspace(context, at_one_lock):
    code = new_setup_code()
    db.session.rollback()

    def use(number):
        return first(code, email=f"{number}@acme.test", workspace=f"W{number}")

    # Until everybody has read the code and wants to spend it.
    outcomes = at_one_lock(sa.update(InstanceFact).values(value=InstanceFact.value), use, 4)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["WrongSetupCode"] * 3, "tuple"]
    assert len(rows(Workspace)) == len(rows(User)) == len(rows(Membership)) == 1


def person(email, workspace="Acme", **role):
    return create_user(workspace=workspace, name="N", email=email, password=PASSWORD, **role)


def test_the_first_person_of_a_workspace_owns_it_and_the_next_operates_it(context):
    owner, operator, elsewhere = person("a@x.test"), person("b@x.test"), person("c@x.test", "Zenith")

    assert owner[0] == operator[0] != elsewhere[0]
    roles = {member.user_id: member.role for member in rows(Membership)}
    assert roles == {owner[1]: "owner", operator[1]: "operator", elsewhere[1]: "owner"}


def test_the_first_person_of_the_installation_runs_it(context):
    person("a@x.test"), person("b@x.test", "Zenith")

    assert {user.email: user.owns_instance for user in rows(User)} == {"a@x.test": True, "b@x.test": False}


def test_a_role_is_given_as_asked_except_to_the_first_person_who_must_own(context):
    with pytest.raises(FirstPersonOwns, match="its first person must own it"):
        person("a@x.test", role=Role.VIEWER)
    assert rows(Workspace) == rows(User) == []

    person("a@x.test", role=Role.OWNER), person("b@x.test", role=Role.VIEWER)
    assert [member.role for member in rows(Membership)] == ["owner", "viewer"]


def test_somebody_with_an_account_enters_another_workspace_as_who_they_are(context):
    person("a@x.test"), person("b@x.test", "Zenith")
    before = [(user.name, user.password_hash) for user in rows(User)]

    entered = add_to_workspace(workspace="Zenith", email="A@x.test", role=Role.ADMIN)
    made = add_to_workspace(workspace="Third", email="a@x.test")

    assert [(user.name, user.password_hash) for user in rows(User)] == before
    roles = {(member.workspace_id, member.user_id): member.role for member in rows(Membership)}
    assert (roles[entered], roles[made]) == ("admin", "owner")
    with pytest.raises(AlreadyMember, match=r"^a@x\.test is a member of Zenith already\.$"):
        add_to_workspace(workspace="Zenith", email="a@x.test", role=Role.VIEWER)


def test_who_was_added_by_a_command_stands_in_the_log_of_the_workspace(context):
    person("a@x.test"), person("b@x.test")

    lines = [(line.action, line.actor, line.details) for line in rows(AuditEvent)]
    assert lines == [
        ("workspace_made", None, {}),
        ("member_added", None, {"role": "owner"}),
        ("member_added", None, {"role": "operator"}),
    ]


def test_an_address_belongs_to_one_person_however_it_is_spelled(context):
    person("ada@acme.test")

    with pytest.raises(AddressTaken, match=r"^Somebody with the address ADA@acme.test can sign in already"):
        person("ADA@acme.test", "Zenith")
    assert [workspace.name for workspace in rows(Workspace)] == ["Acme"]
