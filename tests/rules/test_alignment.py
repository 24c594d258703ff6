"""What receivers said decides about alignment, and DNS alone never proves a failure."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.alignment import Evidence, Observation, are_aligned, judge_alignment, weigh
from nimbus.rules.verdicts import Verdict

START = datetime(2026, 11, 12, tzinfo=UTC)


def seen(letters, **changes):
    """One observation for each letter, oldest first: p passes, f fails."""
    return [
        Observation(
            at=START + timedelta(minutes=n),
            dmarc={"p": "pass", "f": "fail"}[letter],
            has_aligned_dkim=letter == "p",
            **changes,
        )
        for n, letter in enumerate(letters)
    ]


@pytest.mark.parametrize(
    ("letters", "verdict"),
    [
        ("", Verdict.UNKNOWN),
        ("ff", Verdict.UNKNOWN),
        ("fff", Verdict.FAIL),
        ("ppp", Verdict.PASS),
        ("ffp", Verdict.PASS),
        ("ffpf", Verdict.FAIL),
        ("fffppp", Verdict.FAIL),
        ("fffpppp", Verdict.PASS),
        ("ffffff" + "ppppppp" + "fff", Verdict.PASS),
        ("p" * 9 + "fffff" + "ppppp", Verdict.FAIL),
        ("fffff" + "pppppp" + "ffff", Verdict.PASS),
    ],
)
def test_the_last_ten_observations_decide_from_three_on(letters, verdict):
    assert weigh(seen(letters), since=None).verdict is verdict


def test_forwarded_mail_and_what_is_older_than_the_pause_do_not_count():
    assert weigh(seen("fff", is_direct=False), since=None) == Evidence()
    assert weigh(seen("fffp"), since=START + timedelta(minutes=2)) == Evidence(1, 0, 0)


@pytest.mark.parametrize(
    ("spf", "dkim", "verdict"),
    [
        (Verdict.PASS, Verdict.UNKNOWN, Verdict.PASS),
        (Verdict.FAIL, Verdict.WARN, Verdict.PASS),
        (Verdict.WARN, Verdict.UNKNOWN, Verdict.UNKNOWN),
        (Verdict.FAIL, Verdict.FAIL, Verdict.UNKNOWN),
    ],
)
def test_without_observations_dns_lets_expect_and_never_condemns(spf, dkim, verdict):
    assert judge_alignment(Evidence(), spf=spf, dkim=dkim).verdict is verdict


def test_what_was_observed_outweighs_good_records():
    assert judge_alignment(Evidence(3, 3, 3), spf=Verdict.PASS, dkim=Verdict.PASS).code == "observed_fail"
    assert judge_alignment(Evidence(3, 0, 0), spf=Verdict.FAIL, dkim=Verdict.FAIL).code == "observed_pass"


def test_relaxed_alignment_is_within_the_organisation_and_strict_is_the_same_name():
    assert are_aligned("mail.acme.test", "acme.test", organisation="acme.test")
    assert not are_aligned("mail.acme.test", "acme.test", organisation="acme.test", strict=True)
    assert not are_aligned("acme-com.20230601.gappssmtp.com", "acme.test", organisation="acme.test")
