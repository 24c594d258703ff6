"""A thousand inboxes warn, a limit refuses, and each says what to do."""

import pytest

from nimbus.rules.account_limits import Room, notice, refusal


@pytest.mark.parametrize(
    ("connected", "limit", "full"),
    [(0, None, False), (5000, None, False), (0, 0, True), (49, 50, False), (50, 50, True), (52, 50, True)],
)
def test_only_a_limit_that_is_reached_leaves_no_room(connected, limit, full):
    assert Room(connected, limit).is_full is full


@pytest.mark.parametrize(("limit", "planned"), [(None, 1000), (0, 0), (50, 50), (5000, 5000)])
def test_inboxes_are_compared_with_the_limit_or_else_with_a_thousand(limit, planned):
    assert Room(7, limit).planned == planned


@pytest.mark.parametrize(("connected", "limit"), [(0, None), (999, None), (999, 1000), (49, 50)])
def test_below_both_numbers_nothing_is_said(connected, limit):
    assert notice(Room(connected, limit)) is None


@pytest.mark.parametrize(("connected", "limit"), [(1000, None), (1203, None), (1203, 5000)])
def test_from_a_thousand_on_there_is_a_warning_that_refuses_nothing(connected, limit):
    said = notice(Room(connected, limit))

    assert said.title == f"This workspace has {connected:,} inboxes"
    assert "You can connect more, nothing is refused" in said.sentence


def test_at_the_limit_the_refusal_names_both_numbers_and_who_can_change_it():
    room = Room(1200, 1200)

    assert notice(room).sentence == refusal(room)
    assert refusal(room).startswith("1,200 of 1,200 inboxes are connected, and no more can be added.")
    assert "ask whoever runs this installation to raise the limit" in refusal(room)
