"""What an inbox that was warmed elsewhere begins with."""

import pytest

from nimbus.rules.warmup_credit import imported_sends, vouched_sends


@pytest.mark.parametrize(
    ("sends", "score", "credit"),
    [
        (700, 0, 700),
        (0, 95, 0),
        (None, 100, 200),
        (None, 90, 200),
        (None, 89, 75),
        (None, 70, 75),
        (None, 69, 0),
    ],
)
def test_an_import_brings_its_count_or_a_credit_for_its_warmup_score(sends, score, credit):
    assert imported_sends(sends, score) == credit


@pytest.mark.parametrize(("sends", "vouched"), [(0, 200), (199, 200), (200, 200), (450, 450)])
def test_an_owners_word_lifts_the_count_to_the_cold_gate_and_no_further(sends, vouched):
    assert vouched_sends(sends) == vouched
