"""A message that no inbox may take now: when it is tried again, and how that is said.

The pause itself (the next window, growing where nobody knows) is `sending_hours.next_try`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from nimbus.rules.durations import clock_time
from nimbus.rules.eligibility import TYPE_WORDS, Candidate, Check, Code, Wanted, first_failing


class Judged(NamedTuple):
    """An inbox of a pool with how each check went."""

    inbox: Candidate
    checks: Sequence[Check]


def could_pass_at(inbox: Candidate, checks: Sequence[Check]) -> datetime | None:
    """The moment from which an inbox could pass every check that it fails; None where a clock alone will not do.

    A cooldown has an end, a day's budget the next midnight, spacing its slot (`deliverability.md` 8.5).
    """
    moments = [_ends(inbox, each.code) for each in checks if not each.passes]
    known = [moment for moment in moments if moment is not None]
    return max(known, default=inbox.now) if len(known) == len(moments) else None


def but_for_slot(checks: Iterable[Check]) -> list[Check]:
    """The checks without that of spacing. Whoever fails no other waits for a slot, which throttles nothing."""
    return [each for each in checks if each.code is not Code.PACING]


def say_deferred(until: datetime, zone: str, pool: Sequence[Judged], wanted: Wanted) -> str:
    """The sentence of the log: until when, and how many inboxes each reason keeps back."""
    kind = TYPE_WORDS[wanted.campaign_type]
    beginning = f"Deferred to {clock_time(until, zone)}."
    if not pool:
        return f"{beginning} The sending pool has no inbox."
    grouped: dict[Code, list[tuple[Candidate, Check]]] = {}
    for inbox, checks in pool:
        if failing := first_failing(checks):
            grouped.setdefault(failing.code, []).append((inbox, failing))
    parts = [_part(code, grouped[code], wanted) for code in Code if code in grouped]
    many = "The only inbox cannot" if len(pool) == 1 else f"None of {len(pool):,} inboxes can"
    return f"{beginning} {many} take this {kind} message: {', '.join(parts)}."


def _ends(inbox: Candidate, code: Code) -> datetime | None:
    if code is Code.COOLDOWN:
        return None if inbox.waits_for_owner else inbox.cooldown_until
    if code is Code.PACING:
        return inbox.next_slot_at
    if code is Code.BUDGET_HELD_FOR_WARMUP:
        return inbox.resets_at
    # The provider's ceiling rolls on, midnight or not.
    is_day = code is Code.BUDGET_SPENT and inbox.sent_in_24_hours < inbox.provider_cap
    return inbox.resets_at if is_day else None


def _part(code: Code, found: Sequence[tuple[Candidate, Check]], wanted: Wanted) -> str:
    count = f"{len(found):,}"
    if code is Code.BELOW_SCORE:
        best = max(found, key=lambda each: each[0].score or 0)
        return f"{count} below {wanted.floor} points (best {best[1].has}, {best[0].inbox})"
    if code is Code.COOLDOWN:
        ends = [
            inbox.cooldown_until for inbox, _ in found if inbox.cooldown_until and not inbox.waits_for_owner
        ]
        first = f" (the first until {clock_time(min(ends), found[0][0].timezone)})" if ends else ""
        return f"{count} in cooldown{first}"
    return f"{count} {_WORDS[code].format(stage=wanted.stage)}"


_WORDS: dict[Code, str] = {
    Code.RESTRICTED: "reserved for other campaigns",
    Code.INACTIVE: "out of rotation",
    Code.NOT_CONNECTED: "to be reconnected",
    Code.DOMAIN_PAUSED: "on a paused domain",
    Code.BUDGET_SPENT: "with today's budget used",
    Code.BUDGET_HELD_FOR_WARMUP: "with the rest kept for warmup",
    Code.STAGE_TOO_LOW: "below stage {stage}",
    Code.PACING: "waiting for its slot",
}


def passes_at(pool: Iterable[Judged]) -> list[datetime | None]:
    """For each inbox of a pool the moment from which it could pass, as `sending_hours.next_try` wants them."""
    return [could_pass_at(inbox, checks) for inbox, checks in pool]
