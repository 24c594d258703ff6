"""What is said of a domain's SPF, and the record that is offered instead."""

import ipaddress

import pytest

from nimbus.rules.dns_answers import Outcome
from nimbus.rules.sending_paths import GOOGLE, MICROSOFT, Path
from nimbus.rules.spf_verdict import judge_spf
from nimbus.rules.spf_walk import walk_spf
from nimbus.rules.verdicts import Verdict
from tests.rules.answering import answered

GOOGLE_ZONE = {"_spf.google.com TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"]}
GOOD = "v=spf1 include:_spf.google.com ~all"
OWN = Path("your mail server", addresses=(ipaddress.ip_address("198.51.100.1"),))


def judged(records, paths=(GOOGLE,), *, dkim=Verdict.UNKNOWN, **zone):
    own = {} if records is None else {"acme.test TXT": records}
    walk = answered(walk_spf("acme.test"), GOOGLE_ZONE | zone | own)
    return judge_spf(walk, paths, dkim=dkim)


def many(lookups):
    """A record of that many look-ups, the one of Google included."""
    return [
        "v=spf1 " + " ".join([*["exists:%{i}.x.test"] * (lookups - 1), "include:_spf.google.com", "-all"])
    ]


@pytest.mark.parametrize(
    ("records", "verdict", "code"),
    [
        (None, Verdict.FAIL, "none"),
        ([GOOD, GOOD], Verdict.FAIL, "two_records"),
        (["v=spf1 +all"], Verdict.FAIL, "allows_all"),
        (["v=spf1 all"], Verdict.FAIL, "allows_all"),
        (many(11), Verdict.FAIL, "too_many_lookups"),
        (many(10), Verdict.WARN, "near_limit"),
        (many(9), Verdict.WARN, "near_limit"),
        (many(8), Verdict.PASS, "found"),
        (["v=spf1 include:_spf.google.com ?all"], Verdict.WARN, "weak"),
        (["v=spf1 include:_spf.google.com"], Verdict.WARN, "no_end"),
        ([GOOD], Verdict.PASS, "found"),
        (["v=spf1 -all"], Verdict.WARN, "path_missing"),
    ],
)
def test_verdicts(records, verdict, code):
    result = judged(records)

    assert (result.verdict, result.code) == (verdict, code)


def test_a_missing_sender_fails_only_where_dkim_fails_too():
    assert judged(["v=spf1 -all"], dkim=Verdict.PASS).verdict is Verdict.WARN
    assert judged(["v=spf1 -all"], dkim=Verdict.FAIL).verdict is Verdict.FAIL


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TIMED_OUT])
def test_silence_is_unknown_and_temporary(outcome):
    result = judged([GOOD], **{"_spf.google.com TXT": outcome})

    assert result.verdict is Verdict.UNKNOWN
    assert result.is_temporary


def test_what_is_certain_is_said_in_spite_of_silence():
    own = {"acme.test TXT": Outcome.TIMED_OUT}
    assert judge_spf(answered(walk_spf("acme.test"), own), (), dkim=Verdict.PASS).verdict is Verdict.UNKNOWN
    assert judged(["v=spf1 include:i.test +all"], **{"i.test TXT": Outcome.FAILED}).code == "allows_all"
    voids = ["v=spf1 a:a.test a:b.test a:c.test include:i.test -all"]
    assert judged(voids).code == "empty_include"
    assert judged(voids, **{"i.test TXT": Outcome.FAILED}).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("records", "paths", "offered"),
    [
        (None, (GOOGLE,), GOOD),
        (None, (), "v=spf1 ~all"),
        (["v=spf1 ip4:192.0.2.7 -all"], (GOOGLE,), "v=spf1 ip4:192.0.2.7 include:_spf.google.com -all"),
        (["v=spf1 mx -all", "v=spf1 mx include:_spf.google.com ~all"], (GOOGLE, MICROSOFT), None),
        (
            ["v=spf1 include:_spf.google.com +all"],
            (GOOGLE, OWN),
            "v=spf1 include:_spf.google.com ip4:198.51.100.1 ~all",
        ),
        (
            ["v=spf1 inclde:_spf.google.com ip4:192.0.2.7 <b>bad</b> ~all"],
            (GOOGLE,),
            "v=spf1 ip4:192.0.2.7 include:_spf.google.com ~all",
        ),
        (many(11), (GOOGLE,), None),
        ([GOOD], (GOOGLE,), None),
    ],
)
def test_the_record_to_paste_keeps_what_is_there(records, paths, offered):
    paste = judged(records, paths).paste
    if len(records or ()) == 2:
        offered = "v=spf1 mx include:_spf.google.com include:spf.protection.outlook.com ~all"

    assert (paste and paste.value) == offered
    assert paste is None or (paste.name, paste.kind) == ("acme.test", "TXT")


def test_a_redirect_stays_at_the_end_of_what_is_offered():
    result = judged(["v=spf1 redirect=i.test"], **{"i.test TXT": ["v=spf1 -all"]})

    assert result.paste.value == "v=spf1 include:_spf.google.com redirect=i.test"
