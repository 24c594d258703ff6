"""What the pages about sending domains show: each domain in a line, and one domain with everything that is known of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models import DomainCheck, DomainEvent, DomainHealth, DomainListing, EmailAccountHealth
from nimbus.models.base import table_of
from nimbus.rules.blocklists import BY_KEY, Severity
from nimbus.rules.domain_pause import CLEARS, REASONS, PauseCode
from nimbus.rules.domain_status import DomainFacts, DomainStatus, judge_domain
from nimbus.rules.domain_warnings import WarningFacts, domain_warnings
from nimbus.rules.verdicts import Check, CheckResult, Verdict
from nimbus.services.domain_facts import count_troubled
from nimbus.services.domain_rows import as_result, read_reasons
from nimbus.services.pause_domain import NoSuchDomain
from nimbus.services.spam_rates import read_spam_rates

EVENTS_SHOWN = 30
_CHECK = table_of(DomainCheck)


@dataclass(frozen=True, slots=True)
class DomainLine:
    """A domain as a list shows it. `checks` lacks those never made, and `is_pending` says that one is to come now."""

    domain: DomainHealth
    status: DomainStatus
    checks: dict[Check, CheckResult]
    inboxes: int
    is_pending: bool


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
    """A reason that holds, and what ends it; `good_since` once a look found it gone."""

    code: PauseCode
    reason: str
    clears_when: str
    since: datetime
    good_since: datetime | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another domain of the workspace whose mail leaves from the same address."""

    name: str
    address: str
    is_in_trouble: bool


@dataclass(frozen=True, slots=True)
class DomainPage:
    """One domain. `progress` names the checks that have their answers while one is under way, and is None otherwise.

    `reasons` hold also while a person has set them aside. `older` is the event before which history goes on.
    """

    line: DomainLine
    checks: list[ShownCheck]
    listings: list[ShownListing]
    reasons: list[ShownReason]
    troubled: int
    events: Sequence[DomainEvent]
    older: int | None
    neighbours: list[Neighbour]
    warnings: list[str]
    progress: list[str] | None


def list_domains(session: Session, workspace_id: int, now: datetime) -> list[DomainLine]:
    """The domains that have an inbox, worst first; two queries however many there are.

    Of the checks, a list needs no more than what they say.
    """
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
    said = sa.select(
        _CHECK.c.domain_id, _CHECK.c.kind, _CHECK.c.verdict, _CHECK.c.code, _CHECK.c.sentence
    ).where(_CHECK.c.workspace_id == workspace_id)
    for domain_id, kind, verdict, code, sentence in session.execute(said):
        check = Check(kind)
        checks[domain_id][check] = CheckResult(
            check=check, verdict=Verdict(verdict), code=code, sentence=sentence
        )
    lines = [_line(domain, checks[domain.id], inboxes, now) for domain, inboxes in session.execute(query)]
    order = list(type(lines[0].status.key)) if lines else []
    return sorted(lines, key=lambda line: (order.index(line.status.key), line.domain.name))


def _line(domain: DomainHealth, checks: dict[Check, CheckResult], inboxes: int, now: datetime) -> DomainLine:
    facts = DomainFacts(
        now=now,
        is_public_provider=domain.is_public_provider,
        pause_reason=domain.pause_reason,
        is_paused_for_listing=PauseCode.LISTED_CRITICAL in (domain.pause_codes or ()),
        override_until=domain.override_until,
        override_by=domain.override_by,
        checked_at=domain.checked_at,
        has_troubled_inboxes=domain.has_troubled_inboxes,
        checks=checks,
    )
    return DomainLine(domain, judge_domain(facts), checks, inboxes, _is_pending(domain, inboxes, now))


def _is_pending(domain: DomainHealth, inboxes: int, now: datetime) -> bool:
    """Whether a check is under way, or only waits for a worker."""
    is_due = domain.next_check_at is None or domain.next_check_at <= now
    return not domain.is_public_provider and ((is_due and inboxes > 0) or _is_under_way(domain, now))


def _is_under_way(domain: DomainHealth, now: datetime) -> bool:
    return domain.check_lease_until is not None and domain.check_lease_until > now


def read_domain(
    session: Session, workspace_id: int, name: str, now: datetime, *, before: int | None = None
) -> DomainPage:
    """Everything about one domain, its history from the newest on or from before an event; raises NoSuchDomain."""
    domain = _find(session, workspace_id, name)
    rows = _checks(session, domain.id)
    troubled, inboxes = count_troubled(session, [domain.id]).get(domain.id, (0, 0))
    results = {check: as_result(row) for check, row in rows.items()}
    events, older = _events(session, domain.id, before)
    return DomainPage(
        line=_line(domain, results, inboxes, now),
        checks=[_shown(rows[check], results[check]) for check in Check if check in rows],
        listings=_listings(session, domain.id),
        reasons=_reasons(domain),
        troubled=troubled,
        events=events,
        older=older,
        neighbours=_neighbours(session, domain),
        warnings=_warnings(session, domain, troubled, inboxes),
        progress=list(domain.check_progress or ()) if _is_under_way(domain, now) else None,
    )


def read_line(session: Session, workspace_id: int, name: str, now: datetime) -> DomainLine:
    """One domain as the list has it, for the pages of its inboxes; raises NoSuchDomain."""
    domain = _find(session, workspace_id, name)
    results = {check: as_result(row) for check, row in _checks(session, domain.id).items()}
    _, inboxes = count_troubled(session, [domain.id]).get(domain.id, (0, 0))
    return _line(domain, results, inboxes, now)


def _find(session: Session, workspace_id: int, name: str) -> DomainHealth:
    query = sa.select(DomainHealth).where(
        DomainHealth.workspace_id == workspace_id, DomainHealth.name == name
    )
    domain = session.scalar(query)
    if domain is None:
        raise NoSuchDomain("There is no sending domain of this name.")
    return domain


def _checks(session: Session, domain_id: int) -> dict[Check, DomainCheck]:
    rows = session.scalars(sa.select(DomainCheck).where(DomainCheck.domain_id == domain_id))
    return {Check(row.kind): row for row in rows}


def _events(session: Session, domain_id: int, before: int | None) -> tuple[Sequence[DomainEvent], int | None]:
    """A page of the history, newest first, and the id to ask for what is older."""
    query = sa.select(DomainEvent).where(DomainEvent.domain_id == domain_id).order_by(DomainEvent.id.desc())
    if before is not None:
        query = query.where(DomainEvent.id < before)
    found = session.scalars(query.limit(EVENTS_SHOWN + 1)).all()
    shown = found[:EVENTS_SHOWN]
    return shown, shown[-1].id if len(found) > EVENTS_SHOWN else None


def _reasons(domain: DomainHealth) -> list[ShownReason]:
    return [
        ShownReason(each.code, REASONS[each.code], CLEARS[each.code], each.paused_at, each.good_since)
        for each in read_reasons(domain.pause_memory)
        if each.paused_at is not None
    ]


def _warnings(session: Session, domain: DomainHealth, troubled: int, inboxes: int) -> list[str]:
    rates = read_spam_rates(session, [domain.id])[domain.id]
    facts = WarningFacts(
        has_both=domain.has_both,
        spam_rate=rates[max(rates)] if rates else None,
        troubled=troubled,
        inboxes=0 if domain.is_public_provider else inboxes,
    )
    return domain_warnings(facts)


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
