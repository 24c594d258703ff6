"""One word for a sending domain, the worst that holds."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.domain_status import DomainAction, DomainFacts, judge_domain
from nimbus.rules.verdicts import Check, CheckResult, Verdict

NOW = datetime(2026, 11, 12, tzinfo=UTC)


def result(check, verdict):
    return CheckResult(check=check, verdict=verdict, code="x", sentence=f"{check} says {verdict}")


def judged(*verdicts, **changes):
    facts = {
        "now": NOW,
        "is_public_provider": False,
        "pause_reason": None,
        "is_paused_for_listing": False,
        "override_until": None,
        "override_by": None,
        "checked_at": NOW,
        "has_troubled_inboxes": False,
        "checks": {check: result(check, verdict) for check, verdict in zip(Check, verdicts, strict=False)},
    }
    return judge_domain(DomainFacts(**facts | changes))


@pytest.mark.parametrize(
    ("changes", "word", "action"),
    [
        ({}, "Healthy", None),
        ({"checked_at": None}, "Not checked yet", DomainAction.CHECK_NOW),
        ({"is_public_provider": True, "checked_at": None}, "Public provider", None),
        ({"has_troubled_inboxes": True}, "Inboxes in trouble", DomainAction.SEE_INBOXES),
        ({"override_until": NOW + timedelta(minutes=1)}, "Sends anyway", DomainAction.FIX_RECORD),
        ({"override_until": NOW}, "Healthy", None),
        ({"pause_reason": "DMARC alignment fails"}, "Paused", DomainAction.FIX_RECORD),
        (
            {"pause_reason": "Listed on SURBL", "is_paused_for_listing": True},
            "Paused",
            DomainAction.ASK_DELISTING,
        ),
    ],
)
def test_the_worst_line_wins(changes, word, action):
    status = judged(**changes)

    assert (status.word, status.action) == (word, action)


def test_a_failure_goes_before_a_warning_and_names_its_check():
    assert judged(Verdict.PASS, Verdict.WARN, Verdict.FAIL).reason == "dkim says fail"
    assert judged(Verdict.PASS, Verdict.WARN, Verdict.UNKNOWN).reason == "spf says warn"


def test_a_warning_or_failure_of_the_lists_asks_for_removal():
    for verdict, word in ((Verdict.FAIL, "Needs attention"), (Verdict.WARN, "Good")):
        listed = judged(checks={Check.LISTS: result(Check.LISTS, verdict)})

        assert (listed.word, listed.action) == (word, DomainAction.ASK_DELISTING)


@pytest.mark.parametrize("silent", [Check.MX, Check.SPF, Check.DMARC])
def test_what_the_name_servers_did_not_say_is_not_called_healthy(silent):
    checks = {check: result(check, Verdict.PASS) for check in Check} | {
        silent: result(silent, Verdict.UNKNOWN)
    }
    status = judged(checks=checks)

    assert (status.word, status.tone, status.action) == ("Not known", "info", DomainAction.CHECK_NOW)
    assert status.reason == f"{silent} says unknown"


def test_a_key_that_was_not_found_by_guessing_is_no_silence():
    assert judged(checks={Check.DKIM: result(Check.DKIM, Verdict.UNKNOWN)}).word == "Healthy"


def test_whoever_set_a_pause_aside_is_named():
    until = NOW + timedelta(hours=3)

    assert judged(override_until=until, override_by="Dana").reason == "Dana set its pause aside for a day"
