"""Whether an inbox can send now, as its page shows it: the verdict for each campaign type, and every check with its value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from nimbus.clock import next_midnight, now
from nimbus.extensions import db
from nimbus.models.account_queries import AccountRow
from nimbus.models.health_queries import next_slot, used_by_hour
from nimbus.rules.campaign_types import DEFAULT_FLOOR, Restriction
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.eligibility import (
    NEEDED_STAGE,
    TYPE_WORDS,
    Candidate,
    Code,
    Wanted,
    check,
    first_failing,
)
from nimbus.rules.providers import ConnectionState
from nimbus.rules.send_gate import SendFacts, Wait, counted_since, why_not
from nimbus.rules.send_state import SendKind
from nimbus.services.explain_campaign import Said, explain_inbox
from nimbus.services.todays_limit import ceiling_of, todays_limit

_TITLES = {
    Code.RESTRICTED: "Used for",
    Code.INACTIVE: "Rotation",
    Code.NOT_CONNECTED: "Connection",
    Code.DOMAIN_PAUSED: "Sending domain",
    Code.BELOW_SCORE: "Health score",
    Code.BUDGET_SPENT: "Budget",
    Code.BUDGET_HELD_FOR_WARMUP: "Kept for warmup",
    Code.STAGE_TOO_LOW: "Stage",
    Code.COOLDOWN: "Cooldown",
    Code.PACING: "Spacing",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes or no for one kind of mail, and why not."""

    title: str
    passes: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Cell:
    """How a check went for one campaign type, and what that asks for where it is a number."""

    title: str
    passes: bool
    asks: str


@dataclass(frozen=True, slots=True)
class Line:
    """One check: what it looks at, what the inbox has, and how it went for each campaign type."""

    title: str
    has: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class EligibilityView:
    """The whole answer: what its campaigns say, and each type of campaign judged with the default floor."""

    campaigns: list[Said]
    verdicts: tuple[Verdict, ...]
    types: tuple[str, ...]
    lines: tuple[Line, ...]
    floor: int


def eligibility_of(row: AccountRow, timezone: str) -> EligibilityView:
    """The answer for an account whose domain is loaded, at this moment."""
    session, moment = db.session(), now()
    by_hour = used_by_hour(session, row.account.workspace_id, row.account.id, counted_since(moment))
    inbox = _candidate(row, timezone, moment, sum(by_hour.values()))
    names = tuple(TYPE_WORDS[each].capitalize() for each in NEEDED_STAGE)
    found = [check(inbox, Wanted(each)) for each in NEEDED_STAGE]
    failing = [first_failing(checks) for checks in found]
    verdicts = [
        Verdict(name, each is None, each.sentence if each else "")
        for name, each in zip(names, failing, strict=True)
    ]
    lines = tuple(
        Line(
            _TITLES[checks[0].code],
            checks[0].has,
            tuple(Cell(name, each.passes, each.asks) for name, each in zip(names, checks, strict=True)),
        )
        for checks in zip(*found, strict=True)
    )
    said = explain_inbox(row.account.workspace_id, row.account.id)
    return EligibilityView(said, (*verdicts, _by_hand(inbox, by_hour)), names, lines, DEFAULT_FLOOR)


def _candidate(row: AccountRow, timezone: str, moment: datetime, in_24_hours: int) -> Candidate:
    account, domain = row.account, row.account.domain
    kind = CooldownKind(account.cooldown_kind) if account.cooldown_kind else None
    return Candidate(
        now=moment,
        timezone=timezone,
        inbox=account.email,
        restriction=Restriction(account.restriction),
        is_active=account.is_active,
        connection_state=ConnectionState(account.connection_state),
        domain=domain.name,
        domain_pause_reason=domain.pause_reason,
        server_pause_reason=account.server_pause_reason,
        score=None if account.overall_score is None else int(account.overall_score),
        sent_today=row.sent_today,
        todays_limit=todays_limit(
            account, domain=domain.name, resumed_at=domain.resumed_at, timezone=timezone, moment=moment
        ).limit,
        resets_at=next_midnight(moment, timezone),
        sent_in_24_hours=in_24_hours,
        provider_cap=ceiling_of(account, domain.name),
        warmup_hold=0,  # nothing plans warmup mail yet
        stage=account.current_stage,
        stage_sentence=account.stage_sentence,
        cooldown_until=account.cooldown_until,
        cooldown_kind=kind,
        waits_for_owner=account.needs_acknowledgement,
        next_slot_at=next_slot(db.session(), account.workspace_id, account.id),
    )


def _by_hand(inbox: Candidate, by_hour: Mapping[datetime, int]) -> Verdict:
    """What a person writes obeys less: the claim's own rule says how much."""
    stopped = why_not(
        SendFacts(
            now=inbox.now,
            timezone=inbox.timezone,
            inbox=inbox.inbox,
            kind=SendKind.MANUAL,
            recipient="",
            removed=False,
            suppressed_for=None,
            is_active=inbox.is_active,
            connection_state=inbox.connection_state,
            domain=inbox.domain,
            domain_pause_reason=inbox.domain_pause_reason,
            server_pause_reason=inbox.server_pause_reason,
            last_used_day=None,
            used_today=inbox.sent_today,
            daily_limit=inbox.todays_limit,
            used_by_hour=by_hour,
            ceiling=inbox.provider_cap,
            cooldown_until=inbox.cooldown_until,
            waits_for_owner=inbox.waits_for_owner,
        )
    )
    why = stopped.sentence if isinstance(stopped, Wait) else ""
    return Verdict("Written by hand", not why, why)
