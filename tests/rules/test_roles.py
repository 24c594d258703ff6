"""What each role may do, and who may give which role to whom."""

from itertools import pairwise, product

import pytest

from nimbus.rules.roles import MEANINGS, Permission, Role, assignable, may, may_assign, who_may_assign

RANK = list(Role)
CHANGES = [change for change in product([None, *Role], repeat=2) if change != (None, None)]


def test_each_role_may_everything_that_a_lower_one_may():
    for higher, lower in pairwise(RANK):
        assert {each for each in Permission if may(lower, each)} < {
            each for each in Permission if may(higher, each)
        }


def test_an_owner_turns_every_role_into_every_other():
    assert all(may_assign(Role.OWNER, before, after) for before, after in CHANGES)


def test_an_admin_neither_makes_nor_unmakes_an_owner():
    for before, after in CHANGES:
        assert may_assign(Role.ADMIN, before, after) == (Role.OWNER not in {before, after})


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_operators_and_viewers_change_nobody(role):
    assert not any(may_assign(role, before, after) for before, after in CHANGES)
    assert assignable(role, None) == []


def test_what_is_offered_is_what_may_be_given():
    assert assignable(Role.OWNER, Role.OWNER) == RANK
    assert assignable(Role.ADMIN, Role.ADMIN) == [Role.ADMIN, Role.OPERATOR, Role.VIEWER]
    assert assignable(Role.ADMIN, Role.OWNER) == []


def test_who_can_is_said_of_every_change():
    assert who_may_assign(Role.OWNER, Role.ADMIN) == who_may_assign(None, Role.OWNER) == "Owners"
    assert who_may_assign(None, Role.ADMIN) == "Owners and admins"


def test_every_role_is_explained_in_a_sentence():
    assert set(MEANINGS) == set(Role)
    assert all(text[0].isupper() and text.endswith(".") for text in MEANINGS.values())
