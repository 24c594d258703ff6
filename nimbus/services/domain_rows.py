"""Rows of a sending domain as the rules know them, and back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models import DomainCheck, DomainHealth, DomainListing
from nimbus.models.base import table_of
from nimbus.rules.blocklists import Severity
from nimbus.rules.domain_checks import PTR_CHECKED_EVERY, Kept
from nimbus.rules.domain_pause import PauseCode, Reason
from nimbus.rules.listings import Listing
from nimbus.rules.verdicts import Check, CheckResult, Record, Verdict

_CHECK = table_of(DomainCheck)
_MOST_TEXTS, _LONGEST_TEXT = 20, 1000  # of what others publish, so much is kept and shown


def read_checks(session: Session, ids: Sequence[int]) -> dict[int, dict[Check, Kept]]:
    """The verdicts that count, by the domain's id."""
    checks: dict[int, dict[Check, Kept]] = defaultdict(dict)
    for row in session.execute(sa.select(_CHECK).where(_CHECK.c.domain_id.in_(ids))):
        checks[row.domain_id][Check(row.kind)] = Kept(as_result(row), row.found_at)
    return checks


def as_result(row: DomainCheck | sa.Row[Any]) -> CheckResult:
    """A stored verdict."""
    paste = Record(row.paste_name, row.paste_kind or "", row.paste_value or "") if row.paste_name else None
    return CheckResult(
        check=Check(row.kind),
        verdict=Verdict(row.verdict),
        code=row.code,
        sentence=row.sentence,
        expected=row.expected,
        found=tuple(row.found),
        paste=paste,
        applies=row.applies,
    )


def write_checks(
    session: Session, domain: DomainHealth, kept: Mapping[Check, Kept], *, silent: set[Check], now: datetime
) -> None:
    """Put the verdicts in place of those before."""
    session.execute(sa.delete(_CHECK).where(_CHECK.c.domain_id == domain.id))
    rows = [
        {
            "workspace_id": domain.workspace_id,
            "domain_id": domain.id,
            "kind": check,
            "verdict": result.verdict,
            "code": result.code,
            "sentence": result.sentence,
            "expected": result.expected,
            "found": _short(result),
            "paste_name": result.paste.name if result.paste else None,
            "paste_kind": result.paste.kind if result.paste else None,
            "paste_value": result.paste.value if result.paste else None,
            "applies": result.applies,
            "is_silent": check in silent,
            "found_at": found_at,
            "checked_at": now,
        }
        for check, (result, found_at) in kept.items()
    ]
    session.execute(sa.insert(_CHECK), rows)


def fresh_ptr(session: Session, ids: Sequence[int], now: datetime) -> dict[int, CheckResult]:
    """The last word on the names of these domains' own addresses, where it is not a day old."""
    query = sa.select(DomainCheck).where(
        DomainCheck.domain_id.in_(ids),
        DomainCheck.kind == Check.PTR,
        DomainCheck.verdict != Verdict.UNKNOWN,
        DomainCheck.found_at > now - PTR_CHECKED_EVERY,
    )
    return {row.domain_id: as_result(row) for row in session.scalars(query)}


def make_newer(session: Session, ids: Sequence[int], now: datetime, *, but_ptr: Sequence[int]) -> None:
    """Say of verdicts that they were found again; the domains in `but_ptr` were not asked for PTR this time."""
    is_asked = sa.or_(_CHECK.c.kind != Check.PTR, _CHECK.c.domain_id.not_in(but_ptr))
    of_domains = sa.update(_CHECK).where(_CHECK.c.domain_id.in_(ids), is_asked)
    session.execute(of_domains.values(found_at=now, checked_at=now, is_silent=False))


def are_same(one: Mapping[Check, Kept], other: Mapping[Check, Kept]) -> bool:
    """Whether verdicts differ in nothing that is stored but their times."""
    return _contents(one) == _contents(other)


def _short(result: CheckResult) -> list[str]:
    return [text[:_LONGEST_TEXT] for text in result.found[:_MOST_TEXTS]]


def _contents(kept: Mapping[Check, Kept]) -> dict[Check, tuple[Any, ...]]:
    """What is stored of each verdict, but for its times."""
    return {
        check: (each.verdict, each.code, each.sentence, each.expected, _short(each), each.paste, each.applies)
        for check, (each, _) in kept.items()
    }


def read_listings(session: Session, ids: Sequence[int]) -> dict[int, dict[tuple[str, str], DomainListing]]:
    """The listings of domains, those that are over included, by list and subject."""
    listings: dict[int, dict[tuple[str, str], DomainListing]] = defaultdict(dict)
    for row in session.scalars(sa.select(DomainListing).where(DomainListing.domain_id.in_(ids))):
        listings[row.domain_id][row.list_key, row.subject] = row
    return listings


def as_listing(row: DomainListing) -> Listing:
    """A stored listing."""
    return Listing(
        list_key=row.list_key,
        subject=row.subject,
        severity=Severity(row.severity),
        words=row.words,
        raw=tuple(row.raw),
        first_at=row.first_at,
        last_at=row.last_at,
        confirmed_at=row.confirmed_at,
        clean_since=row.clean_since,
        cleared_at=row.cleared_at,
    )


def write_listing(
    session: Session, domain: DomainHealth, row: DomainListing | None, listing: Listing
) -> None:
    """Keep a listing as it is now."""
    row = row or DomainListing(
        workspace_id=domain.workspace_id,
        domain_id=domain.id,
        list_key=listing.list_key,
        subject=listing.subject,
    )
    row.severity, row.words, row.raw = int(listing.severity), listing.words, list(listing.raw)
    row.first_at, row.last_at = listing.first_at, listing.last_at
    row.confirmed_at, row.clean_since = listing.confirmed_at, listing.clean_since
    row.cleared_at = listing.cleared_at
    session.add(row)


def read_reasons(memory: Mapping[str, Any] | None) -> list[Reason]:
    """What is remembered of each reason to pause."""
    known = memory or {}
    return [
        Reason(
            code, *(datetime.fromisoformat(each) if each else None for each in known.get(code, (None,) * 3))
        )
        for code in PauseCode
    ]


def as_memory(reasons: Sequence[Reason]) -> dict[str, Any]:
    """Only what there is to remember."""
    return {
        reason.code.value: [
            each.isoformat() if each else None
            for each in (reason.bad_since, reason.paused_at, reason.good_since)
        ]
        for reason in reasons
        if reason.bad_since or reason.paused_at
    }
