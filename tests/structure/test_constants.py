"""A number of the deliverability model that is changed fails a test of its own module."""

from importlib import import_module

import pytest

from tests.structure.mutants import mutants, run, survives

MODEL = (
    "alignment",
    "blocklists",
    "cooldown_kinds",
    "cooldown_triggers",
    "cooldowns",
    "curves",
    "dkim",
    "dmarc",
    "domain_checks",
    "domain_pause",
    "domain_score",
    "domain_warnings",
    "effective_limit",
    "eligibility",
    "fading",
    "health_hold",
    "inbox_review",
    "inbox_stage",
    "levels",
    "limit_ramp",
    "listings",
    "mx",
    "outcomes",
    "outside_signals",
    "overall_score",
    "placement",
    "ptr",
    "rates",
    "reputation_score",
    "score_caps",
    "score_parts",
    "send_limits",
    "spf_verdict",
    "spf_walk",
    "stage_falls",
    "stage_gates",
    "warmup_credit",
    "warmup_progress",
)
TESTED_BY = {"stage_gates": ("test_inbox_stage", "test_stage_falls")}  # else by the test of the same name

# What no test can feel, each with the reason: module, number, changed number, line.
_DAILY = "CooldownKind.PROVIDER_DAILY_LIMIT: Ladder(24 * _HOUR, 1, 24 * _HOUR, WarmupMeanwhile.STOPS),"
UNFELT = {
    # Its repeats last as long as the first: either its factor or its longest says so already.
    ("cooldown_kinds", 1, 2, _DAILY),
    ("cooldown_kinds", 24, 25, _DAILY),
    # So many events at that rate have a higher lower bound by themselves.
    ("levels", 0.02, 0.022, "Threshold(Level.ELEVATED, 3, 0.05, 0.02),"),
    ("levels", 0.02, 0.018, "Threshold(Level.ELEVATED, 3, 0.05, 0.02),"),
    ("levels", 0.001, 0.0011, "Threshold(Level.ELEVATED, 2, 0.003, 0.001),"),
    ("levels", 0.001, 0.0009, "Threshold(Level.ELEVATED, 2, 0.003, 0.001),"),
    # No share of up to ten lies between.
    ("alignment", 0.5, 0.45, "FAILING_SHARE = 0.5"),
    # Eight labels without the first are seven, either way.
    (
        "dmarc",
        8,
        7,
        "_DEEPEST = 8  # labels; of a longer name only the last seven are asked, beside the name itself",
    ),
    # No list can take more than all of its points.
    (
        "domain_score",
        20,
        21,
        "TAKEN = {Severity.INFO: 0, Severity.LOW: 2, Severity.MEDIUM: 6, Severity.HIGH: 14, Severity.CRITICAL: 20}",
    ),
    # Without an event there is no rate.
    ("levels", 1, 0, "Threshold(Level.WATCH, 1, 0.02, 0.0),"),
    ("levels", 1, 0, "Threshold(Level.WATCH, 1, 0.001, 0.0),"),
    # Nine tenths of one message more are lost in rounding down; one less is felt.
    ("send_limits", 2000, 2001, "MailboxKind.GOOGLE_WORKSPACE: 2000,"),
    ("send_limits", 500, 501, "MailboxKind.CONSUMER_GMAIL: 500,"),
    ("send_limits", 10_000, 10_001, "MailboxKind.MICROSOFT_365: 10_000,"),
    ("send_limits", 300, 301, "MailboxKind.CONSUMER_OUTLOOK: 300,"),
    ("send_limits", 500, 501, "MailboxKind.CUSTOM_SMTP: 500,"),
    ("send_limits", 500, 501, "MailboxKind.REACHINBOX: 500,"),
}


def vectors_of(module):
    return tuple(f"tests.rules.{name}" for name in TESTED_BY.get(module, (f"test_{module}",)))


@pytest.mark.parametrize("module", MODEL)
def test_every_number_of_the_model_is_held_by_a_test(module):
    for name in vectors_of(module):
        run(import_module(name))  # unchanged they pass, also without pytest
    survivors = {
        (module, mutant.before, round(mutant.after, 6), mutant.line)
        for mutant in mutants(f"nimbus.rules.{module}")
        if survives(mutant, vectors_of(module))
    }

    assert survivors == {each for each in UNFELT if each[0] == module}
