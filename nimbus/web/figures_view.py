"""The page of figures: how the mail of some days fared, told apart by what somebody asks for, with a chart of its days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models.figure_queries import Line, Per, Sent, campaigns_that_sent, figures_by_day, figures_per
from nimbus.rules.curves import percent
from nimbus.rules.mail_figures import MailFigures
from nimbus.rules.reply_classes import BY_A_MACHINE, WORDS, ReplyClass
from nimbus.rules.send_answer_kinds import Category
from nimbus.web.deliverability_figures import PERIODS, Bar

_WORDS = {Per.INBOX: "Inboxes", Per.DOMAIN: "Domains", Per.CAMPAIGN: "Campaigns", Per.STEP: "Steps"}
_BY_HAND = "Written by hand"
_MOST = 200  # lines of a table
_WIDE, _HIGH = 300, 100  # of a chart, in its own units
_LOW = 4  # a day with less than that does not look like much
_BOUNCES: dict[Category, str] = {
    Category.HARD_INVALID: "no such address",
    Category.HARD_DOMAIN: "no such domain",
    Category.BLOCK_REPUTATION: "refused for reputation",
    Category.BLOCK_CONTENT: "refused for content",
    Category.BLOCK_POLICY: "refused by policy",
    Category.BLOCK_AUTH: "not authenticated",
    Category.SOFT_FULL: "mailbox full",
    Category.EXPIRED: "given up",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars of days; `said` is the chart in a sentence."""

    title: str
    bars: Sequence[Bar]
    said: str


@dataclass(frozen=True, slots=True)
class Told:
    """What figures are made of, in words: bounces by their reason, answers of people by class, and those of machines."""

    bounces: str
    answers: str
    by_machines: str


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A line of the table: its name, where it leads, its figures, and what they are made of in words."""

    name: str
    url: str | None
    figures: MailFigures
    told: Told


class FiguresView:
    """One view of the page."""

    def __init__(self, workspace_id: int, asked: MultiDict[str, str]) -> None:
        days, per = asked.get("days", type=int), asked.get("by", "")
        self.period = days if days in PERIODS else PERIODS[1]
        self.per = Per(per) if per in list(Per) else Per.INBOX
        campaign = asked.get("campaign", "")
        session = db.session()
        self.campaigns = campaigns_that_sent(session, workspace_id)
        known = {str(key): key for key, _ in self.campaigns}
        self.campaign_id = known.get(campaign)
        self.last = now().astimezone(UTC).date()
        self.first = self.last - timedelta(days=self.period - 1)
        since = datetime.combine(self.first, time(), tzinfo=UTC)
        sent = Sent(workspace_id, since, self.campaign_id)
        lines = sorted(figures_per(session, sent, self.per).items(), key=_most_first)
        self.lines = [_line(self.per, line, each) for line, each in lines[:_MOST]]
        self.more = len(lines[_MOST:])
        by_day = figures_by_day(session, sent)
        total = sum(by_day.values(), MailFigures())
        self.total = FigureLine("All", None, total, _told(total))
        self.days = [(day, each, _told(each)) for day, each in sorted(by_day.items(), reverse=True)]
        self.charts = self._charts(by_day) if by_day else []

    @property
    def periods(self) -> list[tuple[str, str, bool]]:
        """(word, address, whether it is open)."""
        return [(f"{days} days", self.url(days=days), days == self.period) for days in PERIODS]

    @property
    def tabs(self) -> list[tuple[str, str, bool]]:
        """The same for what the lines of the table are."""
        return [(word, self.url(by=per.value), per is self.per) for per, word in _WORDS.items()]

    @property
    def word(self) -> str:
        """What a line of the table is."""
        return _WORDS[self.per][:-1] if self.per is not Per.INBOX else "Inbox"

    def url(self, **changes: object) -> str:
        """The page's address with some values changed."""
        given: dict[str, Any] = {"days": self.period, "by": self.per.value, "campaign": self.campaign_id}
        return url_for("figures.show", **given | changes)

    def _charts(self, by_day: Mapping[date, MailFigures]) -> list[Chart]:
        days = [self.first + timedelta(days=number) for number in range(self.period)]
        counts = {
            "Sent": {day: each.sent for day, each in by_day.items()},
            "Bounced": {day: each.bounces for day, each in by_day.items()},
            "Answered": {day: each.answers for day, each in by_day.items()},
        }
        return [_chart(title, days, found) for title, found in counts.items()]


def _most_first(item: tuple[Line, MailFigures]) -> tuple[int, str, int]:
    line, figures = item
    return -figures.sent, line.name or "", line.step or 0


def _line(per: Per, line: Line, figures: MailFigures) -> FigureLine:
    name = line.name or _BY_HAND
    if line.step is not None:
        name = f"{name}, step {line.step + 1}"
    return FigureLine(name, _url(per, line), figures, _told(figures))


def _url(per: Per, line: Line) -> str | None:
    if line.id is None or line.name is None:
        return None
    if per is Per.INBOX:
        return url_for("messages.index", account=line.id)
    if per is Per.DOMAIN:
        return url_for("domains.show", domain=line.name)
    return url_for("campaign_page.show", campaign_id=line.id)


def _told(figures: MailFigures) -> Told:
    reasons: dict[str, int] = {}
    for category, count in sorted(figures.bounced.items(), key=lambda item: -item[1]):
        word = _BOUNCES.get(category, "for other reasons")
        reasons[word] = reasons.get(word, 0) + count
    heard = {each: figures.heard[each] for each in WORDS if figures.heard.get(each)}
    of_people = heard.keys() - BY_A_MACHINE - {ReplyClass.BOUNCE, ReplyClass.COMPLAINT}
    answers, by_machines = (
        {WORDS[each].lower(): count for each, count in heard.items() if each in some}
        for some in (of_people, BY_A_MACHINE)
    )
    return Told(_listed(reasons), _listed(answers), _listed(by_machines))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in counts.items())


def _chart(title: str, days: Sequence[date], counts: Mapping[date, int]) -> Chart:
    top, slot = max(_LOW, *counts.values()), _WIDE / len(days)
    bars = [
        Bar(round(at * slot, 1), round(slot * 0.8, 1), round(_HIGH * counts[day] / top, 1))
        for at, day in enumerate(days)
        if counts.get(day)
    ]
    best = max(counts, key=lambda day: (counts[day], day))
    most = f", at most {counts[best]:,} on {best.day} {best:%B}" if counts[best] else ""
    return Chart(title, bars, f"{title}: {sum(counts.values()):,} in {len(days)} days{most}.")


def share(part: int, whole: int) -> str:
    """A share in words; a dash of nothing."""
    return percent(part / whole, 1) if whole else "–"
