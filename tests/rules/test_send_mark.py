"""The mark of a message of ours: it fits that message alone, and nobody can make one up."""

import pytest

from nimbus.rules.send_mark import read_mark, send_mark

SEAL = "0123456789abcdef" * 2
MESSAGE_ID = f"<{SEAL}@acme.test>"


def test_a_mark_fits_the_message_that_it_was_made_for():
    mark = read_mark(send_mark(7, MESSAGE_ID))

    assert mark.send_id == 7
    assert mark.fits(MESSAGE_ID)
    assert not mark.fits(f"<{SEAL[::-1]}@acme.test>")
    assert not mark.fits(None)


@pytest.mark.parametrize("made_up", ["", "7", "7.", f"7.{SEAL}0", f"-7.{SEAL}", f"{'9' * 30}.{SEAL}", "7.é"])
def test_what_is_no_mark_says_nothing(made_up):
    assert read_mark(made_up) is None


def test_a_message_with_an_id_that_is_none_of_ours_has_no_seal():
    assert send_mark(7, "<kept@acme.test>") == "7"
    assert read_mark("7") is None
