"""What a check says to the pause of its domain and to the scores of its inboxes."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.alignment import Evidence
from nimbus.rules.blocklists import Severity
from nimbus.rules.domain_pause import PauseCode, Signal
from nimbus.rules.domain_signals import (
    ServerState,
    alignment_signal,
    has_both,
    has_dmarc,
    high_listing,
    judge_server,
    signals,
)
from nimbus.rules.listings import LookedUp, advance
from nimbus.rules.verdicts import Check, CheckResult, Verdict

START = datetime(2026, 11, 12, tzinfo=UTC)
PASS, WARN, FAIL, UNKNOWN = Verdict


def results(codes=None, **verdicts):
    given = dict.fromkeys(Check, PASS) | {Check(name): verdict for name, verdict in verdicts.items()}
    codes = codes or {}
    return {
        check: CheckResult(check=check, verdict=verdict, code=codes.get(check.value, "none"), sentence="")
        for check, verdict in given.items()
    }


def looked(is_listed, key="spamhaus_dbl", severity=Severity.CRITICAL):
    return LookedUp(list_key=key, subject="acme.test", is_listed=is_listed, severity=severity)


def signalled(code, evidence=None, listings=(), looks=(), **verdicts):
    found = signals(
        results(**verdicts), evidence or Evidence(), listings, looked=looks, is_paused_for_alignment=False
    )
    return found[code]


@pytest.mark.parametrize(
    ("verdict", "signal"),
    [(PASS, Signal.GOOD), (WARN, Signal.GOOD), (FAIL, Signal.BAD), (UNKNOWN, Signal.UNKNOWN)],
)
def test_a_fresh_verdict_is_a_signal(verdict, signal):
    assert signalled(PauseCode.MX_DEAD, mx=verdict) is signal


@pytest.mark.parametrize(
    ("evidence", "is_paused", "signal"),
    [
        (Evidence(3, 3, 3), False, Signal.PROVEN),
        (Evidence(0, 0, 0), False, Signal.GOOD),
        (Evidence(0, 0, 0), True, Signal.UNKNOWN),
        (Evidence(1, 0, 0), True, Signal.GOOD),
        (Evidence(3, 1, 1), True, Signal.BAD),
    ],
)
def test_once_paused_only_mail_that_arrived_well_speaks_for_the_end(evidence, is_paused, signal):
    assert alignment_signal(evidence, PASS, is_paused=is_paused) is signal


@pytest.mark.parametrize(
    ("spf", "evidence", "signal"),
    [
        (FAIL, Evidence(2, 0, 2), Signal.BAD),
        (FAIL, Evidence(2, 0, 1), Signal.UNKNOWN),
        (FAIL, Evidence(2, 0, 0), Signal.GOOD),
        (FAIL, Evidence(), Signal.UNKNOWN),
        (PASS, Evidence(2, 0, 2), Signal.GOOD),
        (UNKNOWN, Evidence(2, 0, 2), Signal.UNKNOWN),
    ],
)
def test_dns_alone_never_says_that_nothing_vouches_for_the_mail(spf, evidence, signal):
    assert signalled(PauseCode.NO_AUTH, evidence, spf=spf, dkim=UNKNOWN) is signal


def test_only_a_confirmed_critical_listing_of_the_domain_pauses():
    once = advance(None, looked(True), START)
    twice = advance(once, looked(True), START + timedelta(minutes=10))
    clean = advance(twice, looked(False), START + timedelta(minutes=20))
    lesser = advance(None, looked(True, "surbl", Severity.HIGH), START)
    address = advance(None, looked(True, "spamhaus_zen"), START)
    code = PauseCode.LISTED_CRITICAL

    assert signalled(code, listings=[once], looks=[looked(True)]) is Signal.UNKNOWN
    assert signalled(code, listings=[twice], looks=[looked(True)]) is Signal.PROVEN
    assert signalled(code, listings=[clean], looks=[looked(False)]) is Signal.GOOD
    assert signalled(code, listings=[clean], looks=[looked(None)]) is Signal.UNKNOWN
    assert signalled(code, listings=[lesser, address], looks=[looked(False)]) is Signal.GOOD
    assert signalled(code, looks=[looked(None)]) is Signal.UNKNOWN


@pytest.mark.parametrize(
    ("spf", "dkim", "both"),
    [(PASS, WARN, True), (PASS, FAIL, False), (FAIL, WARN, False), (FAIL, FAIL, None), (PASS, UNKNOWN, None)],
)
def test_whether_both_pass(spf, dkim, both):
    assert has_both(results(spf=spf, dkim=dkim)) is both


@pytest.mark.parametrize(
    ("verdict", "code", "has"),
    [(PASS, "found", True), (WARN, "policy_none", True), (FAIL, "none", False), (FAIL, "two_records", False),
     (UNKNOWN, "no_answer", None)],
)  # fmt: skip
def test_whether_there_is_a_dmarc_record(verdict, code, has):
    assert has_dmarc(results({"dmarc": code}, dmarc=verdict)) is has


def test_a_listing_of_high_severity_is_named():
    high, low = (advance(None, looked(True, "surbl", s), START) for s in (Severity.HIGH, Severity.LOW))
    worst = advance(None, looked(True), START)

    assert high_listing([low, high]) == "SURBL"
    assert high_listing([high, worst]) == "Spamhaus DBL"
    assert high_listing([low]) is None
    assert high_listing([advance(None, looked(True, "spamhaus_zen"), START)]) is None


def test_a_listed_address_pauses_only_whoever_sends_from_it_and_only_once_it_is_confirmed():
    seen = LookedUp(list_key="spamhaus_zen", subject="8.8.8.8", is_listed=True, severity=Severity.CRITICAL)
    once = advance(None, seen, START)
    twice = advance(once, seen, START + timedelta(minutes=10))

    assert judge_server([twice], ["9.9.9.9"]) == ServerState()
    assert judge_server([once], ["8.8.8.8"]) == ServerState("Spamhaus ZEN")
    assert "8.8.8.8, an address of its mail server" in judge_server([twice], ["8.8.8.8"]).pause_reason


def test_a_refusal_says_that_nothing_vouches_only_where_no_mail_tells_otherwise():
    def signal(evidence):
        return signals(
            results(spf=FAIL, dkim=UNKNOWN),
            evidence,
            (),
            looked=(),
            is_paused_for_alignment=False,
            is_refused=True,
        )[PauseCode.NO_AUTH]

    assert [signal(Evidence()), signal(Evidence(2, 0, 0))] == [Signal.BAD, Signal.GOOD]
