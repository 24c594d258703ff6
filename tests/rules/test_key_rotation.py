"""When a key is due, and what is said of passwords that do not open."""

from datetime import UTC, datetime

import pytest

from nimbus.rules.key_rotation import next_due, what_does_not_open

MADE = datetime(2026, 1, 31, 9, tzinfo=UTC)
KEPT = "Until then the old key is kept; everything else has the new one."


@pytest.mark.parametrize(
    ("days", "due"),
    [(1, datetime(2026, 2, 1, 9, tzinfo=UTC)), (90, datetime(2026, 5, 1, 9, tzinfo=UTC))],
)
def test_key_is_due_so_many_days_after_it_was_made(days, due):
    assert next_due(MADE, days) == due


@pytest.mark.parametrize(
    ("addresses", "sentence"),
    [
        (["a@x"], "The stored password of a@x does not open. Connect this account again."),
        (["a@x", "b@x"], "The stored passwords of a@x and b@x do not open. Connect these accounts again."),
        (
            ["a@x", "b@x", "c@x", "d@x", "e@x"],
            "The stored passwords of a@x, b@x, c@x and 2 more do not open. Connect these accounts again.",
        ),
    ],
)
def test_accounts_to_connect_again_are_named(addresses, sentence):
    assert what_does_not_open(addresses, of_tests=0) == f"{sentence} {KEPT}"


def test_password_that_a_test_keeps_asks_for_nothing():
    said = what_does_not_open([], of_tests=2)

    assert said.endswith(f"it goes by itself within 15 minutes. {KEPT}")
    assert "Connect" not in said
