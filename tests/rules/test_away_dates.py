"""Until when somebody is away, as people write it, relative to the day on which they did."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.away_dates import FALLBACK_DAYS, back_on, waits_until

TUESDAY = date(2026, 11, 17)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("I am away until 20 November.", date(2026, 11, 21)),
        ("I am away until Friday, November 20th, 2026.", date(2026, 11, 21)),
        ("Out from 16 November to 20 November.", date(2026, 11, 21)),
        ("Out of office Nov 16 - Nov 20.", date(2026, 11, 21)),
        ("I will be back on 23 November.", date(2026, 11, 23)),
        ("Returning to the office on December 1st.", date(2026, 12, 1)),
        ("I am away until 20 Nov and back on Monday 23 Nov.", date(2026, 11, 23)),
        ("Back in the office on 2026-12-01.", date(2026, 12, 1)),
        ("I am away through 12/01/2026.", date(2026, 12, 2)),
        ("I am away until 3/1.", date(2027, 1, 4)),
        ("I will be back on Monday.", date(2026, 11, 23)),
        ("I am back tomorrow.", date(2026, 11, 18)),
        ("I will be back on 4 January.", date(2027, 1, 4)),
        ("Ich bin bis zum 27.11. nicht im Büro.", date(2026, 11, 28)),
        ("Ab dem 1. Dezember bin ich wieder erreichbar.", date(2026, 12, 1)),
        ("Je suis absente jusqu'au 30 novembre.", date(2026, 12, 1)),
        ("De retour le 1er décembre.", date(2026, 12, 1)),
        ("Estaré fuera hasta el 24 de noviembre.", date(2026, 11, 25)),
        ("Sono in ferie fino al 30 novembre 2026.", date(2026, 12, 1)),
        ("Estou de férias até 27 de novembro.", date(2026, 11, 28)),
        ("Ik ben terug op 23 november.", date(2026, 11, 23)),
        ("Jag är tillbaka den 23 november.", date(2026, 11, 23)),
        ("Jestem na urlopie do 24 listopada.", date(2026, 11, 25)),
        ("В отпуске до 30 ноября.", date(2026, 12, 1)),
        ("11月20日まで休暇です。", date(2026, 11, 21)),
        ("休假至2026年11月20日", date(2026, 11, 21)),
        ("11월 27일까지 휴가입니다.", date(2026, 11, 28)),
    ],
)
def test_the_first_day_back_is_read(words, day):
    assert back_on(words, TUESDAY) == day


@pytest.mark.parametrize(
    "words",
    [
        "I am away.",
        "I was away until 10 November.",
        "My mail of 12 January 2019 says it all.",
        "We were founded on 20 December.",
        "Call 11-12-13 until I am back.",
        "Until 31 February.",
        "until 99.99.2026",
        "bis 45. Dezember",
    ],
)
def test_no_day_is_made_up(words):
    assert back_on(words, TUESDAY) is None


def test_a_sequence_goes_on_on_the_next_working_day():
    assert waits_until(date(2026, 11, 23), TUESDAY) == date(2026, 11, 24)
    assert waits_until(date(2026, 11, 20), TUESDAY) == date(2026, 11, 23)
    assert waits_until(date(2026, 11, 21), TUESDAY) == date(2026, 11, 23)


def test_without_a_date_it_waits_five_days():
    assert FALLBACK_DAYS == 5
    assert waits_until(None, TUESDAY) == date(2026, 11, 23)  # the 22nd is a Sunday
    assert waits_until(None, date(2026, 11, 16)) == date(2026, 11, 23)


@settings(deadline=None)
@given(st.text(max_size=200), st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_whatever_is_written_the_day_lies_in_the_coming_year(words, written_on):
    day = back_on(f"back on 3.4. until {words}", written_on)

    assert day is None or written_on <= day <= written_on + timedelta(days=401)
