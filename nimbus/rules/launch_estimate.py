"""What a campaign will take: how many messages a pool sends on an ordinary day, and how many such days that makes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nimbus.rules.eligibility import Candidate, Check, Code
from nimbus.rules.pacing import CAMPAIGN_GAP
from nimbus.rules.sending_hours import WORKDAYS, SendingHours

# What is over by the next morning, whatever anybody does.
_OVER_BY_TOMORROW = {Code.BUDGET_SPENT, Code.BUDGET_HELD_FOR_WARMUP, Code.PACING}


@dataclass(frozen=True, slots=True)
class Estimate:
    """At most `messages` in all, `per_day` of them on each sending day. `days` is None where nothing could leave."""

    messages: int
    inboxes: int  # those that could send on such a day
    per_day: int
    days: int | None
    follow_up_days: int  # from a contact's first message to their last


def estimate(
    pool: Iterable[tuple[Candidate, Sequence[Check]]],
    hours: SendingHours,
    *,
    contacts: int,
    delays: Sequence[int],
) -> Estimate:
    """What it takes at today's budgets, if everybody gets every step and no other campaign uses these inboxes."""
    spaced = (hours.closes - hours.opens) * 60 // int(CAMPAIGN_GAP.total_seconds())
    able = [inbox for inbox, checks in pool if _sends_tomorrow(checks)]
    rooms = [room for inbox in able if (room := min(_budget(inbox), spaced)) > 0]
    messages, per_day = contacts * len(delays), sum(rooms)
    days = -(-messages // per_day) if per_day else None
    return Estimate(messages, len(rooms), per_day, days, sum(delays[1:]))


def days_in_words(days: int, hours: SendingHours) -> str:
    """“9 working days” where these hours are open on those, else “9 sending days”."""
    kind = "working" if hours.days == WORKDAYS else "sending"
    return f"{days:,} {kind} {'day' if days == 1 else 'days'}"


def _sends_tomorrow(checks: Sequence[Check]) -> bool:
    return all(each.passes or each.code in _OVER_BY_TOMORROW for each in checks)


def _budget(inbox: Candidate) -> int:
    return min(inbox.todays_limit - inbox.warmup_hold, inbox.provider_cap)
