"""A whole check from its questions to its verdicts, and how long an old verdict stands."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from nimbus.rules.dns_answers import Outcome
from nimbus.rules.domain_checks import (
    CHECKED_EVERY,
    CONFIRMED_WITHIN,
    LISTED_CHECKED_EVERY,
    PTR_CHECKED_EVERY,
    Asked,
    Kept,
    check_domain,
    keep_last_good,
    next_look,
)
from nimbus.rules.sending_paths import GOOGLE
from nimbus.rules.verdicts import Check, CheckResult, Verdict, silent
from tests.rules.answering import answered
from tests.rules.test_dkim import key

NOW = datetime(2026, 11, 12, tzinfo=UTC)
ZONE = {
    "acme.test MX": ["1 mx.acme.test"],
    "mx.acme.test A": ["203.0.113.7"],
    "acme.test TXT": ["v=spf1 include:_spf.google.com ip4:8.8.8.0/24 -all"],
    "_spf.google.com TXT": ["v=spf1 ip4:192.0.2.0/24 -all"],
    "google._domainkey.acme.test TXT": [key(2048)],
    "_dmarc.acme.test TXT": ["v=DMARC1; p=reject; rua=mailto:d@acme.test"],
    "smtp.acme.test A": ["8.8.8.8", "10.0.0.1"],
    "8.8.8.8.in-addr.arpa PTR": ["smtp.acme.test"],
}


def checked(zone=ZONE, **changes):
    done = []
    asked = Asked(domain="acme.test", registrable="acme.test", paths=(GOOGLE,), **changes)
    return answered(check_domain(asked, done.append), zone), done


def test_a_good_domain_passes_everything_and_tells_on_the_way():
    found, done = checked(own_hosts=("smtp.acme.test",))

    assert {result.verdict for result in found.results.values()} == {Verdict.PASS}
    assert (found.organisation, found.selectors) == ("acme.test", ("google",))
    assert set(done) == set(Check) - {Check.ALIGNMENT}


def test_private_addresses_are_nobody_s_reputation():
    assert list(map(str, checked(own_hosts=("smtp.acme.test",))[0].addresses)) == ["8.8.8.8"]
    assert checked()[0].addresses == ()


def test_a_mail_server_that_dns_is_silent_about_keeps_its_last_addresses():
    last, gone = (ip_address("8.8.8.8"),), {"smtp.acme.test A": Outcome.FAILED}

    assert checked(ZONE | gone, own_hosts=("smtp.acme.test",), last_addresses=last)[0].addresses == last
    assert checked({}, own_hosts=("smtp.acme.test",), last_addresses=last)[0].addresses == ()


def test_the_last_word_on_ptr_stands_while_the_addresses_are_the_same():
    word = CheckResult(check=Check.PTR, verdict=Verdict.FAIL, code="not_confirmed", sentence="")
    same, other = (ip_address("8.8.8.8"),), (ip_address("9.9.9.9"),)

    def ptr(addresses):
        asked = {"own_hosts": ("smtp.acme.test",), "last_addresses": addresses, "last_ptr": word}
        return checked(**asked)[0].results[Check.PTR]

    assert ptr(same) is word
    assert ptr(other).verdict is Verdict.PASS


def test_names_of_addresses_are_asked_for_once_a_day():
    assert timedelta(days=1) == PTR_CHECKED_EVERY


def test_of_many_addresses_eight_are_looked_at():
    many = {"smtp.acme.test A": [f"8.8.8.{n}" for n in range(1, 10)]}

    assert len(checked(ZONE | many, own_hosts=("smtp.acme.test",))[0].addresses) == 8


GOOD = CheckResult(check=Check.SPF, verdict=Verdict.PASS, code="found", sentence="")


@pytest.mark.parametrize(("hours", "stands"), [(0, True), (24, True), (25, False)])
def test_the_last_verdict_stands_for_a_day_of_silence(hours, stands):
    last = Kept(GOOD, NOW - timedelta(hours=hours))

    assert (keep_last_good(silent(Check.SPF), last, NOW) == last) is stands


def test_only_silence_keeps_an_old_verdict():
    last = Kept(GOOD, NOW)
    honest = CheckResult(check=Check.DKIM, verdict=Verdict.UNKNOWN, code="not_found", sentence="")

    assert keep_last_good(honest, last, NOW).result is honest
    assert keep_last_good(silent(Check.SPF), None, NOW).result.verdict is Verdict.UNKNOWN
    assert keep_last_good(silent(Check.SPF), Kept(honest, NOW), NOW).result.code == "no_answer"


def test_how_often_a_domain_is_looked_at():
    assert timedelta(hours=6) == CHECKED_EVERY
    assert timedelta(hours=1) == LISTED_CHECKED_EVERY
    assert timedelta(minutes=11) == CONFIRMED_WITHIN


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({}, 360),
        ({"spread": 1.0}, 396),
        ({"is_listed": True}, 60),
        ({"is_silent": True, "spread": 0.5}, 63),
        ({"is_undecided": True, "is_listed": True, "spread": 1.0}, 11),
    ],
)
def test_the_next_look_comes_sooner_where_something_is_open(changes, minutes):
    given = {"is_listed": False, "is_undecided": False, "is_silent": False, "spread": 0.0} | changes

    assert next_look(NOW, **given) == NOW + timedelta(minutes=minutes)
