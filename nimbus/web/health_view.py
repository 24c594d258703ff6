"""What an account's page says about its health: why the score, the stage and today's limit are what they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxHealthState
from nimbus.rules.cooldowns import why_not_end
from nimbus.rules.durations import in_words
from nimbus.rules.effective_limit import LimitStep
from nimbus.rules.health_hold import HealthHold, HoldState, clean_run, way_out
from nimbus.rules.rates import Basis, Rate
from nimbus.services.cool_down import as_cooldown, recent_cooldowns
from nimbus.services.count_events import read_recent
from nimbus.services.todays_limit import todays_limit

_BASES = {Basis.PRODUCTION: "campaign mail and replies", Basis.ALL: "all mail"}


@dataclass(frozen=True, slots=True)
class CooldownView:
    """A cooldown that runs: why, since when, until when, and how long that still is."""

    said: str
    began_at: datetime
    until: datetime
    left: str | None  # None: no clock ends it
    step: int
    events: int
    why_not_end: str | None


@dataclass(frozen=True, slots=True)
class HealthView:
    """The health of one inbox; `parts` and `caps` are those of the score's record."""

    computed: bool
    parts: list[dict[str, Any]]
    caps: list[dict[str, Any]]
    bounces: Rate
    complaints: Rate
    basis: str
    stage_sentence: str | None
    hold: str | None  # what leaves it
    limit_steps: tuple[LimitStep, ...]
    cooldowns: list[CooldownView]

    @property
    def can_end(self) -> bool:
        """Whether none of them has to be sat out."""
        return not any(each.why_not_end for each in self.cooldowns)


def health_of(account: EmailAccountHealth, timezone: str) -> HealthView:
    """Everything about an account whose domain is loaded, read at this moment."""
    record = account.score_record or {"parts": [], "caps": []}
    shaped = todays_limit(account, domain=account.domain.name, timezone=timezone, moment=now())
    return HealthView(
        computed=account.score_record is not None,
        parts=[part for part in record["parts"] if part["weight"]],
        caps=record["caps"],
        bounces=Rate(account.bounce_count, account.bounce_of),
        complaints=Rate(account.complaint_count, account.complaint_of),
        basis=_BASES[Basis(account.rates_basis)] if account.rates_basis else "",
        stage_sentence=account.stage_sentence,
        hold=_hold(account),
        limit_steps=shaped.steps,
        cooldowns=_cooldowns(account),
    )


def _hold(account: EmailAccountHealth) -> str | None:
    state = HoldState(account.hold_state)
    memory = db.session.get(InboxHealthState, account.id)
    if state is HoldState.NONE or memory is None or memory.hold_since is None:
        return None
    hold = HealthHold(state=state, since=memory.hold_since)
    recent = read_recent(db.session(), [account.id]).get(account.id, [])
    return way_out(hold, clean_run(hold, [each.attempt for each in recent]))


def _cooldowns(account: EmailAccountHealth) -> list[CooldownView]:
    moment, running = now(), []
    for row in recent_cooldowns(db.session(), account):
        cooldown = as_cooldown(row)
        if cooldown.runs(moment):
            left = in_words(row.until - moment) if row.until > moment else None
            why = why_not_end(cooldown)
            running.append(
                CooldownView(row.said, row.began_at, row.until, left, row.step, len(row.events), why)
            )
    return running
