"""Why a campaign is not sending, in words: the headline, each rule of the funnel, and examples of what fails it."""

from collections.abc import Sequence

from nimbus.rules.deferral import Judged, but_for_slot
from nimbus.rules.eligibility import TYPE_WORDS, Code, Wanted, first_failing

_EXAMPLES = 5
_TITLES = {
    Code.RESTRICTED: "May be used for {kind}",
    Code.INACTIVE: "In rotation",
    Code.NOT_CONNECTED: "Connected",
    Code.DOMAIN_PAUSED: "Sending domain not paused",
    Code.BELOW_SCORE: "Health {floor} or more",
    Code.BUDGET_SPENT: "Budget left today",
    Code.BUDGET_HELD_FOR_WARMUP: "Not kept for warmup",
    Code.STAGE_TOO_LOW: "Stage {stage} or more ({kind})",
    Code.COOLDOWN: "Not cooling down",
    Code.PACING: "Its next slot has come",
}
_TOLD = {Code.BELOW_SCORE, Code.STAGE_TOO_LOW, Code.COOLDOWN, Code.DOMAIN_PAUSED, Code.NOT_CONNECTED}


def title_of(code: Code, wanted: Wanted) -> str:
    """A check as what an inbox has to have."""
    kind = TYPE_WORDS[wanted.campaign_type]
    return _TITLES[code].format(kind=kind, floor=wanted.floor, stage=wanted.stage)


def examples_of(code: Code, pool: Sequence[Judged]) -> str:
    """What those have whom this check is the first to refuse, each value once: “68, 69, 61 …”; may be empty."""
    if code not in _TOLD:
        return ""
    failing = [
        (each.inbox, found) for each in pool if (found := first_failing(each.checks)) and found.code is code
    ]
    if code is Code.BELOW_SCORE:
        failing.sort(key=lambda each: -(each[0].score or 0))
    values = list(dict.fromkeys(check.has for _, check in failing))
    return ", ".join(values[:_EXAMPLES]) + (" …" if len(values) > _EXAMPLES else "")


def headline(pool: Sequence[Judged]) -> str:
    """The one sentence above the funnel."""
    if not pool:
        return "The sending pool has no inbox."
    able = sum(first_failing(each.checks) is None for each in pool)
    if able:
        return f"{able:,} of {_inboxes(len(pool))} may send right now."
    slots = sum(first_failing(but_for_slot(each.checks)) is None for each in pool)
    if slots:
        return f"{slots:,} of {_inboxes(len(pool))} may send, and each waits for its next slot."
    return f"No inbox of the pool may send right now: {_inboxes(len(pool))}, and each has a reason."


def _inboxes(count: int) -> str:
    return "1 inbox" if count == 1 else f"{count:,} inboxes"
