"""The words of the audit log: each action has its own, and nothing that was typed forges a line."""

import pytest

from nimbus.rules.audit import WORDS, Action, plain, worded_details


def test_every_action_has_words_of_its_own_that_fit_its_column():
    assert set(WORDS) == set(Action)
    assert len(set(WORDS.values())) == len(WORDS)
    assert max(map(len, Action)) <= 40


@pytest.mark.parametrize(
    "typed",
    [
        "Ann\r\n12:00 Bob removed everything",
        "Ann\nBob",
        "Ann\x0bBob",
        "Ann\x85Bob",
        "Ann\u2028Bob",
        "Ann\u2029Bob",
        "Ann\u202eBob",
        "Ann\x1b[2JBob",
        "Ann\0Bob",
    ],
)
def test_line_ends_and_characters_that_cannot_be_seen_become_blanks(typed):
    shown = plain(typed)

    assert shown.isprintable()
    assert len(shown.splitlines()) == 1
    assert (shown[:4], shown[-1]) == ("Ann ", typed[-1])


def test_what_can_be_seen_stays_as_it_is():
    assert plain("Zoë Müller-O'Neil <ö@x.test> 山田") == "Zoë Müller-O'Neil <ö@x.test> 山田"


def test_details_are_told_in_words():
    details = {
        "daily_limit": "from 20 to 35",
        "only": ["Who: Ann", "From: 2026"],
        "by_mail": False,
        "key": None,
    }

    assert worded_details(details) == [
        "Daily limit: from 20 to 35",
        "Only: Who: Ann, From: 2026",
        "By mail: no",
        "Key: none",
    ]


def test_details_stay_on_their_line():
    assert worded_details({"na\nme": "a\r\nb"}) == ["Na me: a  b"]
