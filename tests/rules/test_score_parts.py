"""How parts make a score: what is missing pulls towards 70, and every point is accounted for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.score_parts import Part, blend

PARTS = st.lists(
    st.tuples(st.none() | st.integers(0, 100), st.integers(1, 25), st.integers(0, 10)), max_size=4
)


def part(score, weight=0.5, confidence=1.0):
    return Part("part", score, weight, confidence, "")


def test_what_nothing_is_known_of_scores_70():
    assert blend([]).value == blend([part(None), part(10, confidence=0.0)]).value == 70


def test_what_all_is_known_of_is_not_pulled_at_all():
    assert blend([part(100), part(50)]).value == 75
    assert blend([part(100), part(100)]).value == 100


def test_the_less_is_known_the_stronger_is_the_pull():
    # Half is known: 0.5 of 100 against 0.15 of 70.
    assert blend([part(100), part(None)]).value == pytest.approx((50 + 10.5) / 0.65)


def test_a_missing_part_is_listed_and_gives_nothing():
    first, second, unknown = blend([part(None), part(100)]).shares

    assert (first.share, first.points) == (0.0, 0.0)
    assert second.points == pytest.approx(50 / 0.65)
    assert unknown.part.text == "What is not known counts as 70"
    assert unknown.points == pytest.approx(10.5 / 0.65)


@settings(max_examples=25, deadline=None)
@given(PARTS)
def test_the_points_add_up_to_the_score_and_the_shares_to_one(parts):
    blended = blend([part(score, weight / 100, sure / 10) for score, weight, sure in parts])

    assert sum(share.points for share in blended.shares) == pytest.approx(blended.value)
    assert sum(share.share for share in blended.shares) == pytest.approx(1)
    assert 0 <= blended.value <= 100 + 1e-9
