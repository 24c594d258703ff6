"""What one look at an inbox takes in: how the last one left it, what has happened, and what is known from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from nimbus.rules.cooldowns import Cooldown
from nimbus.rules.health_hold import HealthHold
from nimbus.rules.limit_ramp import LimitMode, Yesterday
from nimbus.rules.mailbox_kinds import MailboxKind
from nimbus.rules.outcomes import Attempt
from nimbus.rules.outside_signals import NotKnown, Postmaster, Snds, Yahoo
from nimbus.rules.placement import Placement
from nimbus.rules.providers import ConnectionState
from nimbus.rules.rates import Rates, Tally
from nimbus.rules.score_caps import DomainFacts
from nimbus.rules.stage_falls import Standing
from nimbus.rules.stage_gates import Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What an evaluation changes: the inbox as it was left by the last one."""

    stage: int
    standing: Standing
    hold: HealthHold
    cooldowns: tuple[Cooldown, ...]  # of the last 30 days
    limit: int
    raised_on: date | None
    raised_at: datetime | None


class Streams(NamedTuple):
    """What was sent and heard of over some time, by stream, and what another system reported of that time."""

    production: Tally
    warmup: Tally
    imported: Rates | None = None


class Day(NamedTuple):
    """What was sent so many whole days ago, 0 being today."""

    age: int
    production: Tally
    warmup: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """What happened and what is known, at `now`, on `today` in the workspace's zone."""

    now: datetime
    today: date
    kind: MailboxKind
    connection_state: ConnectionState
    domain: DomainFacts
    limit_mode: LimitMode
    is_warmup_off: bool  # by a person
    week: Streams  # from `rates.window_start` on
    judged: Streams  # the same, without what is older than the hold's `judged_from`
    days: Sequence[Day]  # of the last 28 days
    attempts: Sequence[Attempt]  # the last ones, oldest first, as `outcomes.kept` leaves them
    warmup_sends: int  # ever
    placement: Placement | Unseen
    postmaster: Postmaster | NotKnown
    snds: Snds | NotKnown
    yahoo: Yahoo | NotKnown
    last_mail_at: datetime | None
    yesterday: Yesterday | None
    said_fixed: bool  # an owner, since the hold began
    complaints_on_probation: int
