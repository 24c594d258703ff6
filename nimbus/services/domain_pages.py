"""What the pages about sending domains show: each domain in a line, and one domain with everything that is known of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models import DomainCheck, DomainEvent, DomainHealth, DomainListing, EmailAccountHealth
from nimbus.rules.blocklists import BY_KEY, Severity
from nimbus.rules.domain_pause import CLEARS, REASONS, PauseCode
from nimbus.rules.domain_status import DomainFacts, DomainStatus, judge_domain
from nimbus.rules.domain_warnings import WarningFacts, domain_warnings
from nimbus.rules.verdicts import Check, CheckResult, Verdict
from nimbus.services.domain_facts import is_troubled
from nimbus.services.domain_rows import as_result
from nimbus.services.pause_domain import NoSuchDomain
from nimbus.services.spam_rates import read_spam_rates

_EVENTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class DomainLine:
    """A domain as a list shows it. `checks` lacks those that have never been made."""

    domain: DomainHealth
    status: DomainStatus
    checks: dict[Check, CheckResult]
    inboxes: int


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check as its page shows it: the verdict, from when it is, and whether the last look got no answer."""

    result: CheckResult
    found_at: datetime
    checked_at: datetime
    is_silent: bool


@dataclass(frozen=True, slots=True)
class ShownListing:
    """A listing with its list's name and where to ask for removal; `is_confirmed` once it was seen twice."""

    list_name: str
    delisting: str
    subject: str
    severity: Severity
    words: str
    raw: tuple[str, ...]
    first_at: datetime
    is_confirmed: bool
    clean_since: datetime | None


@dataclass(frozen=True, slots=True)
class ShownReason:
    """A reason that pauses now, and what ends it."""

    code: PauseCode
    reason: str
    clears_when: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another domain of the workspace whose mail leaves from the same address."""

    name: str
    address: str
    is_in_trouble: bool


@dataclass(frozen=True, slots=True)
class DomainPage:
    """One domain. `progress` names the checks that have their answers while one is under way, and is None otherwise."""

    line: DomainLine
    checks: list[ShownCheck]
    listings: list[ShownListing]
    reasons: list[ShownReason]
    inboxes: Sequence[EmailAccountHealth]
    events: Sequence[DomainEvent]
    neighbours: list[Neighbour]
    warnings: list[str]
    progress: list[str] | None


def list_domains(session: Session, workspace_id: int, now: datetime) -> list[DomainLine]:
    """The domains that have an inbox, worst first; two queries however many there are."""
    counted = (
        sa.select(EmailAccountHealth.domain_id, sa.func.count().label("inboxes"))
        .where(EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.removed_at.is_(None))
        .group_by(EmailAccountHealth.domain_id)
        .subquery()
    )
    query = (
        sa.select(DomainHealth, counted.c.inboxes)
        .join(counted, counted.c.domain_id == DomainHealth.id)
        .where(DomainHealth.workspace_id == workspace_id)
    )
    checks: dict[int, dict[Check, CheckResult]] = defaultdict(dict)
    of_workspace = sa.select(DomainCheck).where(DomainCheck.workspace_id == workspace_id)
    for row in session.scalars(of_workspace):
        checks[row.domain_id][Check(row.kind)] = as_result(row)
    lines = [_line(domain, checks[domain.id], inboxes, now) for domain, inboxes in session.execute(query)]
    order = list(type(lines[0].status.key)) if lines else []
    return sorted(lines, key=lambda line: (order.index(line.status.key), line.domain.name))


def _line(domain: DomainHealth, checks: dict[Check, CheckResult], inboxes: int, now: datetime) -> DomainLine:
    facts = DomainFacts(
        now=now,
        is_public_provider=domain.is_public_provider,
        pause_reason=domain.pause_reason,
        is_listed=Check.LISTS in checks and checks[Check.LISTS].verdict is Verdict.FAIL,
        override_until=domain.override_until,
        checked_at=domain.checked_at,
        has_troubled_inboxes=domain.has_troubled_inboxes,
        checks=checks,
    )
    return DomainLine(domain, judge_domain(facts), checks, inboxes)


def read_domain(session: Session, workspace_id: int, name: str, now: datetime) -> DomainPage:
    """Everything about one domain; raises NoSuchDomain."""
    query = sa.select(DomainHealth).where(
        DomainHealth.workspace_id == workspace_id, DomainHealth.name == name
    )
    domain = session.scalar(query)
    if domain is None:
        raise NoSuchDomain("There is no sending domain of this name.")
    rows = {
        Check(row.kind): row
        for row in session.scalars(sa.select(DomainCheck).where(DomainCheck.domain_id == domain.id))
    }
    inboxes = session.scalars(
        sa.select(EmailAccountHealth)
        .where(EmailAccountHealth.domain_id == domain.id, EmailAccountHealth.removed_at.is_(None))
        .order_by(EmailAccountHealth.email)
    ).all()
    results = {check: as_result(row) for check, row in rows.items()}
    events = sa.select(DomainEvent).where(DomainEvent.domain_id == domain.id).order_by(DomainEvent.id.desc())
    codes = [PauseCode(code) for code in domain.pause_codes or ()]
    is_under_way = domain.check_lease_until is not None and domain.check_lease_until > now
    return DomainPage(
        line=_line(domain, results, len(inboxes), now),
        checks=[_shown(rows[check], results[check]) for check in Check if check in rows],
        listings=_listings(session, domain.id),
        reasons=[ShownReason(code, REASONS[code], CLEARS[code]) for code in codes],
        inboxes=inboxes,
        events=session.scalars(events.limit(_EVENTS_SHOWN)).all(),
        neighbours=_neighbours(session, domain),
        warnings=domain_warnings(_warning_facts(session, domain, inboxes)),
        progress=list(domain.check_progress or ()) if is_under_way else None,
    )


def _warning_facts(
    session: Session, domain: DomainHealth, inboxes: Sequence[EmailAccountHealth]
) -> WarningFacts:
    rates = read_spam_rates(session, [domain.id])[domain.id]
    return WarningFacts(
        has_both=domain.has_both,
        spam_rate=rates[max(rates)] if rates else None,
        troubled=sum(is_troubled(each.hold_state, each.overall_score) for each in inboxes),
        inboxes=0 if domain.is_public_provider else len(inboxes),
    )


def _shown(row: DomainCheck, result: CheckResult) -> ShownCheck:
    return ShownCheck(result, row.found_at, row.checked_at, row.is_silent)


def _listings(session: Session, domain_id: int) -> list[ShownListing]:
    """Those that are open, worst first."""
    query = (
        sa.select(DomainListing)
        .where(DomainListing.domain_id == domain_id, DomainListing.cleared_at.is_(None))
        .order_by(DomainListing.severity.desc(), DomainListing.id)
    )
    return [
        ShownListing(
            list_name=BY_KEY[row.list_key].name,
            delisting=BY_KEY[row.list_key].delisting,
            subject=row.subject,
            severity=Severity(row.severity),
            words=row.words,
            raw=tuple(row.raw),
            first_at=row.first_at,
            is_confirmed=row.confirmed_at is not None,
            clean_since=row.clean_since,
        )
        for row in session.scalars(query)
    ]


def _neighbours(session: Session, domain: DomainHealth) -> list[Neighbour]:
    """Who shares the address of a mail server: what they send is this domain's reputation too."""
    own = set(domain.own_addresses or ())
    if not own:
        return []
    others = session.scalars(
        sa.select(DomainHealth)
        .where(DomainHealth.workspace_id == domain.workspace_id, DomainHealth.id != domain.id)
        .where(DomainHealth.own_addresses.is_not(None))
        .order_by(DomainHealth.name)
    )
    return [
        Neighbour(other.name, address, other.pause_reason is not None or other.listed_on is not None)
        for other in others
        for address in sorted(own & set(other.own_addresses or ()))
    ]
