"""Curves and rounding, on which every score stands."""

import pytest

from nimbus.rules.curves import Curve, half_up, percent

CURVE = Curve(((0.1, 100), (0.2, 50), (0.4, 0)))


@pytest.mark.parametrize(
    ("x", "score"), [(-1, 100), (0.1, 100), (0.15, 75), (0.2, 50), (0.3, 25), (0.4, 0), (9, 0)]
)
def test_a_curve_is_straight_between_its_points_and_flat_beyond_them(x, score):
    assert CURVE.at(x) == pytest.approx(score)


@pytest.mark.parametrize(
    ("value", "whole"), [(69.5, 70), (69.49, 69), (69.6, 70), (69.4, 69), (70.5, 71), (0, 0), (100, 100)]
)
def test_halves_are_rounded_up(value, whole):
    assert half_up(value) == whole


def test_what_arithmetic_loses_at_the_tenth_place_takes_no_point():
    assert half_up(0.1 * 3 + 0.2 - 1e-12) == 1


@pytest.mark.parametrize(
    ("share", "places", "said"), [(0.05, 1, "5.0 %"), (0.7, 0, "70 %"), (0.0035, 2, "0.35 %")]
)
def test_a_share_is_said_in_per_cent(share, places, said):
    assert percent(share, places) == said


def test_without_a_number_of_places_a_share_is_said_in_whole_per_cent():
    assert percent(0.705) == "70 %"
