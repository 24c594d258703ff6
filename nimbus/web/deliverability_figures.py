"""The figures of the deliverability page: rates of a week, charts of days with their lines, and who stands out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models.mail_counts import (
    Today,
    WorstInbox,
    count_today,
    list_worst,
    tally_by_day,
    tally_by_provider,
)
from nimbus.rules.curves import percent
from nimbus.rules.levels import BOUNCE, COMPLAINT
from nimbus.rules.providers import PROVIDER_NAMES, Provider
from nimbus.rules.rates import Rate, Rates, Tally, rates, window_start
from nimbus.services.domain_pages import list_domains
from nimbus.web.access import CurrentWorkspace
from nimbus.web.account_view import StatusView
from nimbus.web.counts import this_moment
from nimbus.web.domain_view import status_of

PERIODS = (7, 30, 90)  # days
_WORST, _DOMAINS = 5, 5
_WIDE, _HIGH = 300, 100  # of a chart, in its own units
_NEEDED = {"bad", "warn"}  # how a domain looks that wants somebody


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in a chart: where its bar begins, how wide and how high it is."""

    x: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars for days, and the lines that they should stay below, as heights; `said` is the chart in a sentence."""

    title: str
    bars: Sequence[Bar]
    lines: Sequence[float]
    line_words: str
    said: str


@dataclass(frozen=True, slots=True)
class ByDay:
    """The charts of a period, and their figures as a table with the newest day first; empty: nothing was sent."""

    period: int
    first: date
    last: date
    charts: Sequence[Chart]
    table: Sequence[tuple[date, Tally, Rates]]


@dataclass(frozen=True, slots=True)
class Figures:
    """What stands below the throttled campaigns."""

    week: Rates
    today: Today
    by_provider: Sequence[tuple[str, Rates]]
    worst: Sequence[tuple[WorstInbox, str]]  # each with its rates in words
    domains: Sequence[tuple[str, StatusView]]  # that need somebody, worst first
    more_domains: int
    by_day: ByDay


def figures_of(workspace: CurrentWorkspace, period: int) -> Figures:
    """All figures of a workspace; `period` is how many days the charts show."""
    session = db.session()
    by_provider = tally_by_provider(session, workspace.id, window_start(now()))
    domains = [
        (line.domain.name, status)
        for line in list_domains(session, workspace.id, now())
        if (status := status_of(line)).tone in _NEEDED
    ]
    return Figures(
        week=_rates(sum(by_provider.values(), Tally())),
        today=count_today(session, workspace.id, this_moment(workspace).day),
        by_provider=[(PROVIDER_NAMES[Provider(key)], _rates(each)) for key, each in by_provider.items()],
        worst=[(each, _told(each)) for each in list_worst(session, workspace.id, most=_WORST)],
        domains=domains[:_DOMAINS],
        more_domains=len(domains[_DOMAINS:]),
        by_day=_by_day(workspace.id, period),
    )


def _by_day(workspace_id: int, period: int) -> ByDay:
    last = now().astimezone(UTC).date()
    days = [last - timedelta(days=ago) for ago in reversed(range(period))]
    found = tally_by_day(db.session(), workspace_id, days[0])
    told = {day: _rates(each) for day, each in found.items() if each.sent}
    charts = [
        _chart("Bounces", days, {day: each.bounce for day, each in told.items()}, [BOUNCE[1].rate]),
        _chart(
            "Complaints",
            days,
            {day: each.complaint for day, each in told.items()},
            [COMPLAINT[2].rate, COMPLAINT[1].rate],
        ),
    ]
    table = [(day, found[day], each) for day, each in sorted(told.items(), reverse=True)]
    return ByDay(period, days[0], last, charts if told else [], table)


def _chart(title: str, days: Sequence[date], told: Mapping[date, Rate], lines: Sequence[float]) -> Chart:
    top = max([2 * lines[-1], *(rate.value for rate in told.values())])
    slot = _WIDE / len(days)
    # A day without a failure keeps a foot, so that it is no day without mail.
    bars = [
        Bar(round(at * slot, 1), round(slot * 0.8, 1), round(max(1, _HIGH * told[day].value / top), 1))
        for at, day in enumerate(days)
        if day in told
    ]
    words = " and ".join(_line(each) for each in lines)
    return Chart(title, bars, [round(_HIGH * each / top, 1) for each in lines], words, _said(title, told))


def _said(title: str, told: Mapping[date, Rate]) -> str:
    if not told:
        return "Nothing was sent."
    rate, day = max((rate.value, day) for day, rate in told.items())
    many = "1 day" if len(told) == 1 else f"{len(told)} days"
    return f"{title} on {many} with mail: at most {percent(rate, 1)}, on {day.day} {day:%B}."


def _told(inbox: WorstInbox) -> str:
    return f"{percent(inbox.bounce_rate, 1)} bounces, {percent(inbox.complaint_rate, 2)} complaints"


def _line(share: float) -> str:
    return percent(share, 0 if share >= 0.01 else 1)


def _rates(counted: Tally) -> Rates:
    """Of campaign and manual mail alone, however little that is."""
    return rates(counted, Tally())
