"""A sending domain as the pages show it: one word with its reason and action, its checks, and how far a check is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from nimbus.clock import SystemClock, now
from nimbus.extensions import db
from nimbus.models import DomainEvent
from nimbus.queues import INTERACTIVE, workers_alive
from nimbus.rules.blocklists import Severity
from nimbus.rules.domain_checks import LAST_GOOD_KEPT
from nimbus.rules.domain_pause import OVERRIDE, PauseCode
from nimbus.rules.domain_status import DomainAction, DomainStatusKey
from nimbus.rules.verdicts import Check, CheckResult, Verdict
from nimbus.services.domain_pages import DomainLine, DomainPage, ShownCheck, read_domain, read_line
from nimbus.web.account_view import StatusView
from nimbus.web.domain_links import paused_url

SHORT_NAMES = {
    Check.MX: "MX",
    Check.SPF: "SPF",
    Check.DKIM: "DKIM",
    Check.DMARC: "DMARC",
    Check.ALIGNMENT: "Alignment",
    Check.PTR: "PTR",
    Check.LISTS: "Lists",
}
_TITLES = SHORT_NAMES | {
    Check.MX: "Receiving mail (MX)",
    Check.ALIGNMENT: "DMARC alignment",
    Check.PTR: "Name of the mail server (PTR)",
    Check.LISTS: "Blocklists",
}
_ICONS = {
    DomainStatusKey.PAUSED: "circle-pause",
    DomainStatusKey.OVERRIDDEN: "triangle-alert",
    DomainStatusKey.FAILING: "triangle-alert",
    DomainStatusKey.TROUBLED: "inbox",
    DomainStatusKey.UNKNOWN: "circle-alert",
    DomainStatusKey.UNCHECKED: "clock",
    DomainStatusKey.IMPERFECT: "circle-check",
    DomainStatusKey.PUBLIC: "users",
    DomainStatusKey.HEALTHY: "circle-check",
}
_LABELS = {
    DomainAction.FIX_RECORD: "See what to fix",
    DomainAction.ASK_DELISTING: "Ask for removal",
    DomainAction.CHECK_NOW: "Open",
    DomainAction.SEE_INBOXES: "See its inboxes",
}
_NOT_APPLICABLE = ("Does not apply", "plain", "circle")
_VERDICTS = {
    Verdict.PASS: ("Passes", "ok", "circle-check"),
    Verdict.WARN: ("Could be better", "warn", "triangle-alert"),
    Verdict.FAIL: ("Fails", "bad", "circle-x"),
    Verdict.UNKNOWN: ("Not known", "plain", "circle-alert"),
}
_SEVERITY_TONES = {Severity.CRITICAL: "bad", Severity.HIGH: "bad", Severity.MEDIUM: "warn"}
# Alignment follows from the others and has no answers of its own.
_ASKED = [check for check in Check if check is not Check.ALIGNMENT]


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A check's end in a word; `title` is short in a list and whole on the domain's page."""

    key: str
    title: str
    word: str
    tone: str
    icon: str


class DomainView:
    """What templates know of one domain. Attributes of what was read are passed through."""

    def __init__(self, page: DomainPage) -> None:
        self._page = page
        self.line = page.line
        self.domain = page.line.domain
        self.name = self.domain.name
        self.status = status_of(page.line)
        self.is_public = self.domain.is_public_provider
        is_overridden = page.line.status.key is DomainStatusKey.OVERRIDDEN
        self.override_until = self.domain.override_until if is_overridden else None
        self.can_override = not any(each.code is PauseCode.LISTED_CRITICAL for each in page.reasons)
        self.would_last_until = now() + OVERRIDE
        self.no_worker = page.line.is_pending and page.progress is None and not _has_worker()

    def __getattr__(self, name: str) -> object:
        return getattr(self._page, name)

    @property
    def poll(self) -> str | None:
        """How often the page asks again; never once there is nothing to wait for."""
        if not self.line.is_pending:
            return None
        if self._page.progress is not None:
            return "every 1s"
        return "every 5s" if self.no_worker else "every 2s"

    @property
    def answered(self) -> list[str]:
        """The checks that have their answers, while one is under way."""
        return [SHORT_NAMES[check] for check in _ASKED if check in (self._page.progress or ())]

    @property
    def asked(self) -> int:
        """How many checks wait for answers of their own."""
        return len(_ASKED)

    @property
    def announce(self) -> str:
        """Where it stands in one sentence, for people who hear the page."""
        if not self.line.is_pending:
            return f"{self.name}: {self.status.word}"
        return f"Checking {self.name}" if self._page.progress is not None else f"{self.name} is to be checked"

    def verdict(self, check: ShownCheck) -> VerdictView:
        """A check's end with its whole title."""
        return _verdict(check.result, _TITLES)

    def kept_until(self, check: ShownCheck) -> datetime:
        """Until when a verdict counts that no name server has confirmed since."""
        return check.found_at + LAST_GOOD_KEPT

    @staticmethod
    def tone(severity: Severity) -> str:
        """The colour of a listing."""
        return _SEVERITY_TONES.get(severity, "plain")

    @staticmethod
    def event_tone(event: DomainEvent) -> str:
        """The colour of a line of the history; what is well needs none."""
        return event.tone if event.tone in {"bad", "warn"} else ""


def view_of(workspace_id: int, name: str, *, before: int | None = None) -> DomainView:
    """A domain's page; raises NoSuchDomain."""
    return DomainView(read_domain(db.session(), workspace_id, name.lower(), now(), before=before))


def standing_of(workspace_id: int, name: str) -> tuple[StatusView, int | None]:
    """The word of a domain and its score, for the page of an inbox."""
    line = read_line(db.session(), workspace_id, name, now())
    return status_of(line), line.domain.score


def status_of(line: DomainLine) -> StatusView:
    """The word of a domain, its reason, and a link to where something can be done about it."""
    status, name = line.status, line.domain.name
    label = url = None
    if status.key is DomainStatusKey.PAUSED:
        url = paused_url(line.domain)
    elif status.action is DomainAction.SEE_INBOXES:
        url = url_for("email_accounts.index", domain=name)
    elif status.action is not None:
        url = url_for("domains.show", domain=name, _anchor=_anchor(line))
    if status.action is not None:
        label = _LABELS[status.action]
    return StatusView(status.key, status.word, status.tone, _ICONS[status.key], status.reason, label, url)


def ticks_of(line: DomainLine) -> Sequence[VerdictView]:
    """The checks of a list's row, in order; alignment follows from the others, and PTR seldom applies."""
    shown = (Check.MX, Check.SPF, Check.DKIM, Check.DMARC, Check.LISTS)
    return [_verdict(line.checks[check], SHORT_NAMES) for check in shown if check in line.checks]


def _anchor(line: DomainLine) -> str | None:
    """The first check that fails, else the first that could be better: what there is to be mended."""
    if line.status.action is DomainAction.CHECK_NOW:
        return None
    for verdict in (Verdict.FAIL, Verdict.WARN):
        for check in Check:
            if check in line.checks and line.checks[check].verdict is verdict:
                return f"check-{check}"
    return None


def _verdict(result: CheckResult, titles: dict[Check, str]) -> VerdictView:
    shown = _VERDICTS[result.verdict] if result.applies else _NOT_APPLICABLE
    return VerdictView(result.check, titles[result.check], *shown)


def _has_worker() -> bool:
    # Workers beat in the machine's time, wherever the product's clock was moved to.
    return any(INTERACTIVE in each.queues for each in workers_alive(SystemClock().now()))
