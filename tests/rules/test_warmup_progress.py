"""The number beside the bar."""

import pytest

from nimbus.rules.warmup_progress import shown_progress


@pytest.mark.parametrize(
    ("sends", "shown"), [(0, 0), (5, 0), (6, 1), (300, 50), (599, 99), (600, 100), (5000, 100)]
)
def test_progress_is_the_share_of_the_last_stages_sends(sends, shown):
    assert shown_progress(sends) == shown
