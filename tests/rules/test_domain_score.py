"""The vectors of the domain's score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.blocklists import Severity
from nimbus.rules.domain_score import domain_score
from nimbus.rules.verdicts import Check, CheckResult, Verdict

OWN = {check: Verdict.PASS for check in Check if check is not Check.PTR}


def scored(listed=(), *, applies=True, **verdicts):
    given_ = OWN | {Check(name): verdict for name, verdict in verdicts.items()}
    results = {
        check: CheckResult(check=check, verdict=verdict, code="", sentence="", applies=applies)
        for check, verdict in given_.items()
    }
    return domain_score(results, listed)


@pytest.mark.parametrize(
    ("verdicts", "listed", "score"),
    [
        ({}, (), 100),
        ({"dmarc": Verdict.WARN}, (), 97),
        ({"dmarc": Verdict.FAIL}, (), 85),
        ({"dmarc": Verdict.FAIL, "alignment": Verdict.UNKNOWN}, (), 81),
        ({"spf": Verdict.FAIL}, (), 85),
        ({"spf": Verdict.WARN}, (), 94),
        ({"dkim": Verdict.WARN}, (), 96),
        ({"spf": Verdict.FAIL, "dkim": Verdict.FAIL, "alignment": Verdict.FAIL}, (), 45),
        ({"mx": Verdict.FAIL}, (), 90),
        ({"alignment": Verdict.FAIL}, (), 80),
        ({"lists": Verdict.FAIL}, (Severity.CRITICAL,), 80),
        ({"lists": Verdict.FAIL}, (Severity.HIGH,), 86),
        ({"lists": Verdict.WARN}, (Severity.MEDIUM, Severity.LOW), 92),
        ({"lists": Verdict.FAIL}, (Severity.CRITICAL, Severity.HIGH), 80),
        ({"lists": Verdict.PASS}, (Severity.INFO,), 100),
        ({"lists": Verdict.FAIL}, (Severity.LOW,), 98),
        ({"ptr": Verdict.FAIL}, (), 95),
        ({"ptr": Verdict.PASS, "spf": Verdict.FAIL}, (), 86),
        ({"lists": Verdict.UNKNOWN, "dkim": Verdict.UNKNOWN, "mx": Verdict.FAIL}, (), 83),
        ({"dmarc": Verdict.UNKNOWN, "alignment": Verdict.UNKNOWN, "spf": Verdict.FAIL}, (), 77),
        (dict.fromkeys(OWN, Verdict.UNKNOWN), (), None),
    ],
)
def test_vectors(verdicts, listed, score):
    assert scored(listed, **verdicts) == score


def test_what_does_not_apply_has_no_part():
    assert scored(applies=False) is None
    assert domain_score({}, ()) is None


@given(st.dictionaries(st.sampled_from(list(OWN)), st.sampled_from(Verdict)), st.sampled_from(list(OWN)))
def test_a_check_that_turns_bad_never_raises_the_score(verdicts, check):
    before = scored(**verdicts | {check: Verdict.PASS})
    listed = (Severity.LOW,) if check is Check.LISTS else ()

    assert scored(listed, **verdicts | {check: Verdict.FAIL}) <= before
