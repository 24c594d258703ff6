"""Every code of every list, and the answers that are no listing."""

import pytest

from nimbus.rules.blocklists import (
    BY_KEY,
    LISTS,
    Severity,
    can_be_believed,
    controls_of,
    list_of,
    meanings,
    question_about,
    switched_on,
    worst,
)
from nimbus.rules.dns_answers import Answer, Outcome, Question

DBL = {f"127.0.1.{n}": "critical" for n in (2, 4, 5, 6)} | {f"127.0.1.{n}": "high" for n in range(102, 107)}
ZEN = {f"127.0.0.{n}": "critical" for n in (2, 3, 4, 5, 6, 7, 9)} | {
    "127.0.0.10": "info",
    "127.0.0.11": "info",
}
SURBL = {f"127.0.0.{n}": "high" for n in (8, 16, 64, 128, 8 + 64, 248)}
URIBL = {
    "127.0.0.2": "high",
    "127.0.0.4": "medium",
    "127.0.0.8": "low",
    "127.0.0.14": "high",
    "127.0.0.12": "medium",
}
PLAIN = {"barracuda": "high", "spamcop": "medium", "psbl": "low", "mailspike": "low", "uceprotect1": "low"}
CODES = [
    *(("spamhaus_dbl", code, word) for code, word in DBL.items()),
    *(("spamhaus_zen", code, word) for code, word in ZEN.items()),
    *(("spamhaus_zrd", f"127.0.2.{hours}", "info") for hours in (2, 3, 24)),
    *(("surbl", code, word) for code, word in SURBL.items()),
    *(("uribl", code, word) for code, word in URIBL.items()),
    *((key, "127.0.0.2", word) for key, word in PLAIN.items()),
]
NO_LISTING = [
    "127.255.255.252",
    "127.255.255.254",
    "127.255.255.255",
    "127.255.255.1",
    "192.0.2.1",
    "198.51.100.9",
    "::1",
    "x",
]
NEVER = [
    ("spamhaus_dbl", "127.0.1.255"),
    ("spamhaus_dbl", "127.0.0.2"),
    ("spamhaus_dbl", "127.0.1.3"),
    ("spamhaus_dbl", "127.0.1.101"),
    ("spamhaus_dbl", "127.0.1.107"),
    ("spamhaus_zen", "127.0.0.8"),
    ("spamhaus_zen", "127.0.0.1"),
    ("spamhaus_zen", "127.0.0.12"),
    ("spamhaus_zen", "127.0.1.2"),
    ("spamhaus_zrd", "127.0.2.1"),
    ("spamhaus_zrd", "127.0.2.25"),
    ("spamhaus_zrd", "127.0.1.2"),
    ("surbl", "127.0.0.1"),
    ("surbl", "127.0.0.4"),
    ("surbl", "127.0.0.7"),
    ("uribl", "127.0.0.17"),
    ("surbl", "127.0.1.8"),
    ("uribl", "127.0.0.1"),
    ("uribl", "127.0.0.16"),
    ("psbl", "127.0.0.1"),
    ("psbl", "127.0.1.2"),
]


def answer(*records):
    return Answer(Outcome.FOUND, records, 300)


@pytest.mark.parametrize(("key", "code", "severity"), CODES)
def test_every_code_means_what_its_list_says(key, code, severity):
    found = meanings(BY_KEY[key], answer(code))

    assert worst(found).severity.word == severity


@pytest.mark.parametrize("blocklist", LISTS)
@pytest.mark.parametrize("code", NO_LISTING)
def test_an_error_or_an_address_from_elsewhere_is_never_a_listing(blocklist, code):
    assert meanings(blocklist, answer(code)) is None


@pytest.mark.parametrize(("key", "code"), NEVER)
def test_a_code_that_means_nothing_is_no_listing(key, code):
    assert meanings(BY_KEY[key], answer(code)) is None


def test_one_lie_among_several_answers_spoils_them_all():
    assert meanings(BY_KEY["spamhaus_dbl"], answer("127.0.1.2", "127.255.255.254")) is None
    assert len(meanings(BY_KEY["spamhaus_zen"], answer("127.0.0.2", "127.0.0.4"))) == 2


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TIMED_OUT])
def test_silence_is_no_listing_and_no_clean_answer(outcome):
    assert meanings(LISTS[0], Answer(outcome)) is None


@pytest.mark.parametrize("outcome", [Outcome.NO_DATA, Outcome.NO_NAME])
def test_only_a_missing_name_is_clean(outcome):
    assert meanings(LISTS[0], Answer(outcome)) == ()


@pytest.mark.parametrize("blocklist", LISTS)
def test_a_list_is_believed_when_it_knows_its_test_entry_and_nothing_else(blocklist):
    codes = {
        "spamhaus_dbl": "127.0.1.2",
        "spamhaus_zrd": "127.0.2.2",
        "surbl": "127.0.0.254",
        "uribl": "127.0.0.14",
    }
    listed, missing = answer(codes.get(blocklist.key, "127.0.0.2")), Answer(Outcome.NO_NAME)

    assert can_be_believed(blocklist, listed, missing)
    assert not can_be_believed(blocklist, listed, listed)
    assert not can_be_believed(blocklist, missing, missing)
    assert not can_be_believed(blocklist, listed, Answer(Outcome.FAILED))
    assert not can_be_believed(blocklist, answer("127.255.255.254"), missing)


def test_questions_go_by_the_reversed_address_or_by_the_name():
    zen, dbl = BY_KEY["spamhaus_zen"], BY_KEY["spamhaus_dbl"]

    assert question_about(zen, "192.0.2.10") == Question("10.2.0.192.zen.spamhaus.org", "A")
    assert question_about(zen, "2001:db8::1").name.startswith("1.0.0.0.0.0.0.0.0.0.")
    assert question_about(dbl, "acme.test").name == "acme.test.dbl.spamhaus.org"
    assert [each.name for each in controls_of(zen)] == [
        "2.0.0.127.zen.spamhaus.org",
        "1.0.0.127.zen.spamhaus.org",
    ]


def test_a_question_is_known_by_the_list_it_is_put_to():
    assert list_of(Question("acme.test.dbl.spamhaus.org", "A")).key == "spamhaus_dbl"
    assert list_of(Question("acme.test", "A")) is None
    assert [list_of(question_about(each, "acme.test")) for each in LISTS] == list(LISTS)


def test_severities_are_in_order():
    assert sorted(Severity) == list(range(5))
    assert [severity.word for severity in sorted(Severity)] == ["info", "low", "medium", "high", "critical"]


def test_lists_can_be_switched_off_and_some_need_a_key():
    assert switched_on("", has_spamhaus_key=True) == LISTS
    assert {"spamhaus_zrd"} == {each.key for each in LISTS} - {
        each.key for each in switched_on("", has_spamhaus_key=False)
    }
    assert [each.key for each in switched_on("surbl, uribl", has_spamhaus_key=True)][:3] == [
        "spamhaus_dbl",
        "spamhaus_zrd",
        "spamhaus_zen",
    ]
    with pytest.raises(ValueError, match="names sorbs"):
        switched_on("sorbs", has_spamhaus_key=True)
