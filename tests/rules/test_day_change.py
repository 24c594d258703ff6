"""What another time zone does to the day that sends are counted in."""

from datetime import UTC, datetime

import pytest

from nimbus.rules.day_change import what_today_becomes

EVENING = datetime(2026, 11, 12, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "UTC",
            "Asia/Kolkata",
            "In Asia/Kolkata it is 13 Nov already: what counts today counts in that day too.",
        ),
        (
            "Asia/Kolkata",
            "UTC",
            "In UTC it is still 12 Nov: inboxes that have sent today wait until midnight there.",
        ),
        (
            "UTC",
            "America/New_York",
            "It is 12 Nov in America/New_York too: today's counts go on, and end at midnight there.",
        ),
    ],
)
def test_the_sentence_says_whether_today_begins_anew_goes_back_or_goes_on(before, after, sentence):
    assert what_today_becomes(before, after, EVENING) == sentence
