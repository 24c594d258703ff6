"""The last attempts of an inbox: what counts as a send, as a failure of operations, and what is still looked at."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.outcomes import Attempt, Operations, Outcome, Stream, kept, operations, sends

NOW = datetime(2026, 11, 12, 13, 0, tzinfo=UTC)


def attempts(text, stream=Stream.WARMUP):
    """One attempt for each letter: . clean, s soft, x permanent, c complaint."""
    outcomes = {".": Outcome.CLEAN, "s": Outcome.SOFT, "x": Outcome.PERMANENT, "c": Outcome.COMPLAINT}
    return [
        Attempt(NOW + timedelta(minutes=number), stream, outcomes[letter])
        for number, letter in enumerate(text)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Operations(0, 0)),
        ("..s.xc", Operations(1, 6)),
        ("s" + 49 * ".", Operations(1, 50)),
        ("s" + 50 * ".", Operations(0, 50)),
    ],
)
def test_operations_are_the_soft_failures_of_the_last_fifty_attempts(text, found):
    assert operations(attempts(text)) == found


@pytest.mark.parametrize(
    ("failures", "tried", "share"), [(0, 0, 0.01), (0, 50, 0.1 / 60), (2, 50, 0.035), (10, 0, 1.01)]
)
def test_the_failed_share_starts_at_one_in_a_hundred(failures, tried, share):
    assert Operations(failures, tried).failed_share == pytest.approx(share)


def test_an_attempt_that_is_made_again_is_no_send():
    assert [attempt.outcome.value for attempt in sends(attempts("s.sx"))] == ["clean", "permanent"]


def test_attempts_are_kept_for_as_long_as_a_rule_looks_at_them():
    production = attempts(30 * ".", Stream.PRODUCTION)
    history = production + attempts(60 * ".") + attempts(45 * "s")
    found = kept(history)

    assert found[:20] == production[-20:]
    assert len(found) == 20 + 50 + 45
    assert found == [attempt for attempt in history if attempt in found]
