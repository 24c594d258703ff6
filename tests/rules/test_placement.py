"""Where warmup mail lands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.placement import Placement


@pytest.mark.parametrize(
    ("inbox", "observed", "score"),
    [
        (0, 0, 70),
        (57, 60, 92),
        (0, 90, 0),
        (22, 90, 0),
        (42, 90, 25),
        (57, 90, 45),
        (72, 90, 70),
        (82, 90, 88),
        (87, 90, 95),
        (92, 90, 100),
        (32, 90, 12.5),
        (90, 90, 98),
    ],
)
def test_placement_starts_at_eighty_per_cent_with_the_weight_of_ten(inbox, observed, score):
    assert Placement(inbox, observed).score == pytest.approx(score, abs=0.001)


@pytest.mark.parametrize(("observed", "sure"), [(0, 0), (5, 0.25), (20, 1), (60, 1)])
def test_twenty_samples_are_trusted_in_full(observed, sure):
    assert Placement(observed, observed).confidence == sure


@pytest.mark.parametrize(
    ("inbox", "observed", "low"), [(9, 20, True), (10, 20, False), (0, 19, False), (0, 0, False)]
)
def test_it_is_low_only_below_half_and_with_twenty_samples(inbox, observed, low):
    assert Placement(inbox, observed).is_low is low


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 200).flatmap(lambda observed: st.tuples(st.integers(1, observed), st.just(observed))))
def test_a_mail_that_moves_to_spam_never_helps(seen):
    inbox, observed = seen

    assert Placement(inbox - 1, observed).score <= Placement(inbox, observed).score
