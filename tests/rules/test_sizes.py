"""Amounts of data in words."""

import pytest

from nimbus.rules.sizes import in_words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (12, "12 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (200_000_000, "200 MB"),
        (1_200_000_000, "1.2 GB"),
        (84_000_000_000, "84 GB"),
        (2_500_000_000_000_000, "2500 TB"),
    ],
)
def test_a_size_is_told_with_two_digits_at_least(size, words):
    assert in_words(size) == words
