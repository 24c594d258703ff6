"""From where on something happens to an inbox is said with the very numbers that decide it."""

from nimbus.rules.level_texts import Counted, hold_ends, level_in_words, levels_of, why_held
from nimbus.rules.levels import Level
from nimbus.rules.rates import Rate


def test_each_level_says_what_it_does():
    assert level_in_words(Level.OK) == "Fine"
    assert level_in_words(Level.WATCH) == "Watch: shown, and nothing else happens"
    assert level_in_words(Level.CRITICAL).startswith("Critical: as elevated")


def test_the_levels_of_bounces_begin_where_they_are_reached():
    assert [(line.level, line.begins) for line in levels_of(Counted.BOUNCES)] == [
        ("Watch", "2.0 % with 1 bounce or more"),
        ("Elevated", "5.0 % with 3 bounces or more, and surely 2.0 %"),
        ("Critical", "10.0 % with 3 bounces or more, and surely 5.0 %"),
    ]


def test_the_levels_of_complaints_begin_where_they_are_reached():
    assert [line.begins for line in levels_of(Counted.COMPLAINTS)] == [
        "0.1 % with 1 complaint or more",
        "0.3 % with 2 complaints or more, and surely 0.1 %",
        "0.5 % with 3 complaints or more, and surely 0.3 %",
    ]


def test_a_hold_ends_below_where_it_began():
    assert hold_ends(Counted.BOUNCES) == "under 2.0 % on two checks a day apart"
    assert hold_ends(Counted.COMPLAINTS) == "under 0.1 % on two checks a day apart"


def test_a_held_inbox_shows_its_rates_beside_the_lines_that_they_crossed():
    assert why_held(Rate(9, 220), Rate(0, 211)) == "Bounces 4.1 % (9 of 220), limit 5 %"
    assert why_held(Rate(0, 220), Rate(2, 211)) == "Complaints 0.95 % (2 of 211), limit 0.3 %"
    assert why_held(Rate(12, 220), Rate(1, 211)) == (
        "Bounces 5.5 % (12 of 220), limit 5 %; complaints 0.47 % (1 of 211), limit 0.3 %"
    )
    assert why_held(Rate(0, 0), Rate(0, 0)) == "No bounce or complaint in seven days any more"
