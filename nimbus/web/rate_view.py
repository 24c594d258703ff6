"""Both rates of an inbox as its page shows them, with what they lead to, and the health hold with what leads out of it."""

from dataclasses import dataclass
from datetime import datetime

from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, InboxHealthState
from nimbus.rules.health_hold import HoldCause, HoldState, clean_run, way_out
from nimbus.rules.level_texts import Counted, Line, hold_ends, level_in_words, levels_of
from nimbus.rules.levels import Level
from nimbus.rules.rates import Basis, Rate
from nimbus.services.count_events import read_recent
from nimbus.services.health_memory import remembered_hold

BASES = {Basis.PRODUCTION: "campaign mail and replies", Basis.ALL: "all mail"}
_CAUSES = {HoldCause.BOUNCE: "its bounces", HoldCause.COMPLAINT: "its complaints"}


@dataclass(frozen=True, slots=True)
class RateView:
    """One rate of seven days: what was counted, how bad that is, and from where on something happens."""

    label: str
    rate: Rate
    level: str
    tone: str
    levels: tuple[Line, ...]
    hold_ends: str


@dataclass(frozen=True, slots=True)
class HoldView:
    """A health hold that stands: why, since when, and the ways out."""

    title: str
    since: datetime
    causes: str
    at_least_until: datetime | None
    good_since: datetime | None
    said_fixed_by: str | None
    way_out: str


def rates_of(account: EmailAccountHealth) -> tuple[RateView, RateView]:
    """Bounces and complaints, judged as the last look has judged them."""
    levels = (account.score_record or {}).get("levels", {})
    bounces = Rate(account.bounce_count, account.bounce_of)
    complaints = Rate(account.complaint_count, account.complaint_of)
    return (
        _rate("Bounces 7d", bounces, Counted.BOUNCES, Level(levels.get("bounce", 0))),
        _rate("Complaints 7d", complaints, Counted.COMPLAINTS, Level(levels.get("complaint", 0))),
    )


def basis_of(account: EmailAccountHealth) -> str:
    """Which mail the rates were counted on."""
    return BASES[Basis(account.rates_basis)] if account.rates_basis else ""


def hold_of(account: EmailAccountHealth, memory: InboxHealthState | None) -> HoldView | None:
    """The hold of an inbox; None while nothing is held."""
    if memory is None or memory.hold_since is None or account.hold_state == HoldState.NONE:
        return None
    hold = remembered_hold(memory, account.hold_state)
    assert hold.since is not None
    is_held = hold.state is HoldState.HELD
    recent = read_recent(db.session(), [account.id]).get(account.id, [])
    was_said = memory.said_fixed_at is not None and memory.said_fixed_at >= hold.since
    return HoldView(
        title="Health hold" if is_held else "On probation",
        since=hold.since,
        causes=" and ".join(_CAUSES[cause] for cause in sorted(hold.causes)),
        at_least_until=hold.since + hold.minimum if is_held else None,
        good_since=hold.good_since if is_held else None,
        said_fixed_by=memory.said_fixed_by if is_held and was_said else None,
        way_out=way_out(hold, clean_run(hold, [each.attempt for each in recent])),
    )


def _rate(label: str, rate: Rate, counted: Counted, level: Level) -> RateView:
    tone = "bad" if level >= Level.ELEVATED else "warn" if level is Level.WATCH else ""
    return RateView(label, rate, level_in_words(level), tone, levels_of(counted), hold_ends(counted))
