"""An inbox's score as its page shows it: what it is made of, what caps it, and its line over thirty days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, HealthDay
from nimbus.models.health_queries import list_health_days
from nimbus.rules.overall_score import band

DAYS = 30
WIDTH, HEIGHT = 290, 100  # of the drawing: ten units a day, one a point


@dataclass(frozen=True, slots=True)
class CapView:
    """A cap that holds; only the lowest bites, and only if the score would be higher."""

    cap: int
    text: str
    clears_when: str
    bites: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """The score over thirty days: runs of days without a gap, days between gaps, and the days themselves."""

    said: str
    runs: tuple[str, ...]
    dots: tuple[tuple[int, int], ...]
    first: date
    last: date
    days: Sequence[HealthDay]


@dataclass(frozen=True, slots=True)
class ScoreView:
    """The record of the last look; `parts` and `reputation` are as `rules/score_parts.py` stores them."""

    band: str
    computed_at: datetime
    parts: list[dict[str, Any]]
    raw: float
    caps: tuple[CapView, ...]
    reputation: list[dict[str, Any]]


def score_of(account: EmailAccountHealth) -> ScoreView | None:
    """Why the score is what it is; None while nothing has judged the inbox."""
    record = account.score_record
    if record is None:
        return None
    lowest = min((cap["cap"] for cap in record["caps"]), default=None)
    caps = tuple(
        CapView(cap["cap"], cap["text"], cap["clears_when"], cap["cap"] == lowest <= record["raw"])
        for cap in record["caps"]
    )
    return ScoreView(
        band(record["score"]).value,
        datetime.fromisoformat(record["computed_at"]),
        [part for part in record["parts"] if part["weight"]],
        record["raw"],
        caps,
        [part for part in record.get("reputation", ()) if part["weight"]],
    )


def line_of(account: EmailAccountHealth, timezone: str) -> LineView:
    """The last thirty days in the workspace's zone. A day without a look has no figure, and the line a gap."""
    today = local_day(now(), timezone)
    first = today - timedelta(days=DAYS - 1)
    days = list_health_days(db.session(), account.workspace_id, account.id, first)
    runs = [[_point(each, first) for each in run] for run in _runs(days)]
    return LineView(
        _said(days),
        tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        tuple(run[0] for run in runs if len(run) == 1),
        first,
        today,
        days,
    )


def _runs(days: Sequence[HealthDay]) -> Iterator[list[HealthDay]]:
    run: list[HealthDay] = []
    for each in days:
        if run and each.day - run[-1].day > timedelta(days=1):
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _point(each: HealthDay, first: date) -> tuple[int, int]:
    return (each.day - first).days * WIDTH // (DAYS - 1), HEIGHT - each.score


def _said(days: Sequence[HealthDay]) -> str:
    if not days:
        return "No day is known yet: the first figure comes with the first look."
    if len(days) == 1:
        return f"One day is known, with a score of {days[0].score}: a line needs two."
    low, high = min(each.score for each in days), max(each.score for each in days)
    between = f"{low} to {high}" if low < high else f"{low} throughout"
    known = f"all of the last {DAYS} days" if len(days) == DAYS else f"{len(days)} of the last {DAYS} days"
    return f"Score {between} on {known}, {days[-1].score} at the end."
