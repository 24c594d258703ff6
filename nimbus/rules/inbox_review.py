"""One look at an inbox: everything the model says of it at a moment, and what that changes.

Facts come in, and the whole verdict goes out: rates, levels, the hold, both scores, the stage, the limit and the cooldowns
that its mail calls for. Looking twice at the same facts changes nothing the second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.cooldown_triggers import has_dropped, is_bounce_burst
from nimbus.rules.cooldowns import Cooldown, begin, running
from nimbus.rules.fading import decayed
from nimbus.rules.health_facts import HealthFacts, Inbox
from nimbus.rules.health_hold import HealthHold, HoldFacts, next_hold
from nimbus.rules.inbox_stage import StageFacts, get_inbox_stage
from nimbus.rules.levels import Level, bounce_level, complaint_level
from nimbus.rules.limit_ramp import RampFacts, ramp
from nimbus.rules.outcomes import operations
from nimbus.rules.outside_signals import NotKnown
from nimbus.rules.overall_score import OverallFacts, OverallScore, overall_score
from nimbus.rules.placement import Placement
from nimbus.rules.providers import ConnectionState
from nimbus.rules.rates import Basis, Rates, rates
from nimbus.rules.reputation_score import Reputation, ReputationFacts, reputation_score
from nimbus.rules.score_caps import CapFacts, active_caps
from nimbus.rules.stage_falls import FallFacts, climbed, judge_fall
from nimbus.rules.stage_gates import Indicators


class Change(NamedTuple):
    """Something that is not as it was, for the inbox's log."""

    what: str
    before: str
    after: str
    cause: str


@dataclass(frozen=True, slots=True)
class Review:
    """The inbox after the look, all that was found out, and what has changed but for the score."""

    inbox: Inbox
    rates: Rates
    bounce_level: Level
    complaint_level: Level
    reputation: Reputation
    overall: OverallScore
    stage_sentence: str
    changes: tuple[Change, ...]

    def as_record(self) -> dict[str, Any]:
        """What is stored to say why: the score's record, with what the reputation is made of and how bad the rates are."""
        levels = {"bounce": int(self.bounce_level), "complaint": int(self.complaint_level)}
        return self.overall.as_record() | {"reputation": self.reputation.blend.as_records(), "levels": levels}


def review(inbox: Inbox, facts: HealthFacts) -> Review:
    """Judge an inbox by what is known now."""
    shown, judged = rates(*facts.week), rates(*facts.judged)
    levels = _Levels(bounce_level(judged.bounce), complaint_level(judged.complaint))
    hold = next_hold(inbox.hold, _hold_facts(facts, shown, levels))
    reputation = reputation_score(_reputation_facts(facts, shown.basis), facts.now)
    caps = active_caps(_cap_facts(facts, shown, levels, hold=hold))
    overall = overall_score(_overall_facts(facts, reputation), caps, facts.now)
    held = replace(inbox, hold=hold, cooldowns=_cooldowns(inbox, facts))
    bad_events = judged.bounce.count + judged.complaint.count
    fallen, fell_for = _fall(held, facts, reputation, level=max(levels), bad_events=bad_events)
    verdict = get_inbox_stage(_stage_facts(fallen, facts, reputation, levels=levels))
    climbed_to = replace(fallen, stage=verdict.stage, standing=climbed(fallen.standing, verdict.stage))
    after, ramped_for = _ramp(climbed_to, facts)
    shows = f"{facts.warmup_sends} warmup sends, reputation {reputation.score}, {_placed(facts)}"
    causes = _Causes(_words(shown), fell_for or shows, ramped_for)
    changes = tuple(_changes(inbox, after, causes))
    return Review(after, shown, *levels, reputation, overall, verdict.sentence, changes)


class _Levels(NamedTuple):
    bounce: Level
    complaint: Level


class _Causes(NamedTuple):
    rates: str
    stage: str
    limit: str


def _hold_facts(facts: HealthFacts, shown: Rates, levels: _Levels) -> HoldFacts:
    return HoldFacts(
        now=facts.now,
        rates=shown,
        bounce_level=levels.bounce,
        complaint_level=levels.complaint,
        sent=facts.week.production.sent + facts.week.warmup.sent,
        is_connected=facts.connection_state is ConnectionState.OK,
        is_domain_paused=facts.domain.is_paused,
        said_fixed=facts.said_fixed,
        attempts=facts.attempts,
        complaints=facts.complaints_on_probation,
    )


def _reputation_facts(facts: HealthFacts, basis: Basis) -> ReputationFacts:
    """The counts of 28 days, on the same mail as the rates."""
    is_all = basis is Basis.ALL
    days = [(day.age, day.production + day.warmup if is_all else day.production) for day in facts.days]
    sends = decayed((age, tally.sent) for age, tally in days)
    failures = decayed((age, tally.failed) for age, tally in days)
    return ReputationFacts(
        sends=sends,
        failures=failures,
        delivered=sends - failures,
        complaints=decayed((age, tally.complaints) for age, tally in days),
        postmaster=facts.postmaster,
        snds=facts.snds,
        yahoo=facts.yahoo,
    )


def _cap_facts(facts: HealthFacts, shown: Rates, levels: _Levels, *, hold: HealthHold) -> CapFacts:
    return CapFacts(
        now=facts.now,
        connection_state=facts.connection_state,
        domain=facts.domain,
        rates=shown,
        bounce_level=levels.bounce,
        complaint_level=levels.complaint,
        hold=hold,
        placement=_seen(facts),
        postmaster=facts.postmaster,
    )


def _overall_facts(facts: HealthFacts, reputation: Reputation) -> OverallFacts:
    return OverallFacts(
        reputation=reputation.score,
        domain=facts.domain.score,
        placement=_seen(facts),
        operations=operations(facts.attempts),
    )


def _seen(facts: HealthFacts) -> Placement | NotKnown:
    return facts.placement if isinstance(facts.placement, Placement) else NotKnown.NOT_APPLICABLE


def _cooldowns(inbox: Inbox, facts: HealthFacts) -> tuple[Cooldown, ...]:
    """The cooldowns, with those that the inbox's mail calls for; what a server says starts one when it says it."""
    cooldowns, cooling = inbox.cooldowns, running(inbox.cooldowns, facts.now)
    bursts = [each.began_at for each in cooldowns if each.kind is CooldownKind.BOUNCE_BURST]
    if is_bounce_burst(facts.attempts, max(bursts, default=None)):
        cooldowns = (*cooldowns, begin(CooldownKind.BOUNCE_BURST, facts.now, cooldowns))
    is_low = isinstance(facts.placement, Placement) and has_dropped(facts.placement)
    if is_low and CooldownKind.PLACEMENT_DROP not in cooling:
        cooldowns = (*cooldowns, begin(CooldownKind.PLACEMENT_DROP, facts.now, cooldowns))
    return cooldowns


def _indicators(inbox: Inbox, facts: HealthFacts, reputation: Reputation) -> Indicators:
    return Indicators(
        warmup_sends=facts.warmup_sends,
        reputation=reputation.score,
        placement=facts.placement,
        demotion=inbox.standing.demotion,
    )


def _fall(
    inbox: Inbox, facts: HealthFacts, reputation: Reputation, *, level: Level, bad_events: int
) -> tuple[Inbox, str]:
    fall = judge_fall(
        inbox.standing,
        FallFacts(
            now=facts.now,
            today=facts.today,
            stage=inbox.stage,
            level=level,
            bad_events=bad_events,
            indicators=_indicators(inbox, facts, reputation),
            last_mail_at=facts.last_mail_at,
        ),
    )
    return replace(inbox, stage=fall.stage, standing=fall.standing), fall.reason or ""


def _stage_facts(inbox: Inbox, facts: HealthFacts, reputation: Reputation, *, levels: _Levels) -> StageFacts:
    return StageFacts(
        stage=inbox.stage,
        indicators=_indicators(inbox, facts, reputation),
        bounce_level=levels.bounce,
        complaint_level=levels.complaint,
        hold_state=inbox.hold.state,
        is_warmup_paused=facts.is_warmup_off,
        is_domain_paused=facts.domain.pause_reason is not None,
        is_connected=facts.connection_state is ConnectionState.OK,
        cooldowns=running(inbox.cooldowns, facts.now),
    )


def _ramp(inbox: Inbox, facts: HealthFacts) -> tuple[Inbox, str]:
    step = ramp(
        RampFacts(
            now=facts.now,
            today=facts.today,
            kind=facts.kind,
            stage=inbox.stage,
            limit=inbox.limit,
            mode=facts.limit_mode,
            yesterday=facts.yesterday,
            raised_on=inbox.raised_on,
            raised_at=inbox.raised_at,
        )
    )
    if step is None:
        return inbox, ""
    if step.limit < inbox.limit:
        return replace(inbox, limit=step.limit), step.reason
    return replace(inbox, limit=step.limit, raised_on=facts.today, raised_at=facts.now), step.reason


def _changes(before: Inbox, after: Inbox, causes: _Causes) -> Iterator[Change]:
    if after.hold.state is not before.hold.state:
        yield Change("hold", before.hold.state, after.hold.state, causes.rates)
    for cooldown in after.cooldowns[len(before.cooldowns) :]:
        yield Change("cooldown", "", cooldown.kind, f"{causes.rates}; step {cooldown.step}")
    if after.stage != before.stage:
        yield Change("stage", str(before.stage), str(after.stage), causes.stage)
    if after.limit != before.limit:
        yield Change("limit", str(before.limit), str(after.limit), causes.limit)


def _words(shown: Rates) -> str:
    return f"Bounces {shown.bounce.in_words()}, complaints {shown.complaint.in_words()}, {shown.basis.in_words()} of 7 days"


def _placed(facts: HealthFacts) -> str:
    seen = _seen(facts)
    if isinstance(seen, NotKnown):
        return "placement unseen"
    return f"{seen.inbox} of {seen.observed} in the inbox"
