"""Keeping what a check of a sending domain found: verdicts, listings, score, and whether its inboxes pause."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import DomainHealth, EventTone
from nimbus.rules import listings as over_time
from nimbus.rules.blocklists import BY_KEY
from nimbus.rules.domain_checks import Asked, Checked, Kept, keep_last_good, next_look
from nimbus.rules.domain_pause import PauseCode, Reason, Signal, advance, inboxes_in_trouble, refusal_signal
from nimbus.rules.domain_score import domain_score
from nimbus.rules.domain_signals import has_both, has_dmarc, high_listing, signals
from nimbus.rules.listings import Listing, judge_lists
from nimbus.rules.verdicts import Check, CheckResult, Verdict
from nimbus.services.domain_facts import count_troubled, refusals
from nimbus.services.domain_rows import (
    as_listing,
    read_checks,
    read_listings,
    read_reasons,
    write_checks,
    write_listing,
)
from nimbus.services.pause_domain import apply_reasons, look_again, tell

_BROKEN = timedelta(hours=1)  # after a check that a fault of ours ended


@dataclass(frozen=True, slots=True)
class _Found:
    """What a check found, with the listings as they are after it."""

    asked: Asked
    checked: Checked
    listings: list[Listing]
    fresh: Mapping[Check, CheckResult]


def record_check(
    domain_id: int, lease_until: datetime, *, asked: Asked, found: Checked | None, spread: float
) -> bool:
    """Keep what was found, if the lease still holds; whether it did. `found` is None for a check that broke."""
    with transaction() as session:
        held = sa.and_(DomainHealth.id == domain_id, DomainHealth.check_lease_until == lease_until)
        free = sa.update(DomainHealth).where(held).values(check_lease_until=None, check_progress=None)
        if not session.execute(free).rowcount:  # type: ignore[attr-defined]
            return False
        domain = session.get_one(DomainHealth, domain_id, populate_existing=True)
        if found is None:
            domain.next_check_at = now() + _BROKEN
            return True
        _keep(session, domain, asked=asked, checked=found, spread=spread)
    return True


def _keep(session: Session, domain: DomainHealth, *, asked: Asked, checked: Checked, spread: float) -> None:
    moment = now()
    listings = _keep_listings(session, domain, checked, moment)
    fresh = dict(checked.results) | {Check.LISTS: judge_lists(checked.looked, listings)}
    found = _Found(asked, checked, listings, fresh)
    before = read_checks(session, domain.id)
    kept = {check: keep_last_good(result, before.get(check), moment) for check, result in fresh.items()}
    silent = {check for check, result in fresh.items() if result.is_temporary}
    write_checks(session, domain, kept, silent=silent, now=moment)
    _tell_changes(session, domain, before, kept)
    is_changed = _share(session, domain, found, kept)
    reasons = _reasons(session, domain, found, moment)
    apply_reasons(session, domain, reasons, listed_on=_critical_list(listings))
    if is_changed:
        look_again(session, domain)
    domain.checked_at = moment
    domain.next_check_at = next_look(
        moment,
        is_listed=any(each.is_open for each in listings),
        is_undecided=any(_is_undecided(reason) for reason in reasons),
        is_silent=bool(silent),
        spread=spread,
    )
    if domain.override_until is not None and domain.override_until > moment:
        domain.next_check_at = min(domain.next_check_at, domain.override_until)


def _keep_listings(
    session: Session, domain: DomainHealth, checked: Checked, moment: datetime
) -> list[Listing]:
    """The listings after this look. One that nobody is asked about any more is over."""
    rows = read_listings(session, domain.id)
    after: list[Listing] = []
    for looked in checked.looked:
        row = rows.pop((looked.list_key, looked.subject), None)
        old = as_listing(row) if row else None
        new = over_time.advance(old, looked, moment)
        if new is not None and new != old:
            write_listing(session, domain, row, new)
            _tell_listing(session, domain, old, new)
        after += [new] if new is not None else []
    for row in rows.values():
        row.cleared_at = row.cleared_at or moment
    return after


def _tell_listing(session: Session, domain: DomainHealth, old: Listing | None, new: Listing) -> None:
    where = f"{BY_KEY[new.list_key].name}: {new.subject}"
    if new.confirmed_at is not None and (old is None or old.confirmed_at is None):
        tell(session, domain, "listed", f"{where} is {new.words}", tone=EventTone.BAD)
    elif not new.is_open and new.confirmed_at is not None:
        tell(session, domain, "delisted", f"{where} is not listed any more", tone=EventTone.OK)


def _tell_changes(
    session: Session, domain: DomainHealth, before: Mapping[Check, Kept], after: Mapping[Check, Kept]
) -> None:
    """A line for each verdict that is another one now; silence is no change, and listings have lines of their own."""
    tones = {Verdict.PASS: EventTone.OK, Verdict.WARN: EventTone.WARN, Verdict.FAIL: EventTone.BAD}
    for check, kept in after.items():
        old = before.get(check)
        verdict = kept.result.verdict
        is_same = old is None or old.result.verdict is verdict or verdict is Verdict.UNKNOWN
        if is_same or check is Check.LISTS:
            continue
        tell(session, domain, f"check_{check}", kept.result.sentence, tone=tones[verdict])


def _share(session: Session, domain: DomainHealth, found: _Found, kept: Mapping[Check, Kept]) -> bool:
    """Set what all inboxes of the domain read of it; whether any of that is another than before."""
    results = {check: each.result for check, each in kept.items()}
    listed = [each.severity for each in found.listings if each.is_open]
    shared: dict[str, Any] = {
        "score": domain_score(results, listed),
        "has_both": has_both(results),
        "has_dmarc": has_dmarc(results),
        "listed_on": high_listing(found.listings),
    }
    is_changed = any(getattr(domain, name) != value for name, value in shared.items())
    troubled, inboxes = count_troubled(session, domain.id)
    was = domain.has_troubled_inboxes
    shared["has_troubled_inboxes"] = inboxes_in_trouble(troubled, inboxes, is_warned=was)
    shared["organisation"] = found.checked.organisation
    shared["own_addresses"] = [str(address) for address in found.checked.addresses]
    for name, value in shared.items():
        setattr(domain, name, value)
    if domain.has_troubled_inboxes and not was:
        said = f"{troubled} of its {inboxes} inboxes are held, on probation or critical"
        tell(session, domain, "inboxes", said, tone=EventTone.WARN)
    return is_changed


def _reasons(session: Session, domain: DomainHealth, found: _Found, moment: datetime) -> list[Reason]:
    """Each reason to pause after this look."""
    before = read_reasons(domain.pause_memory)
    is_paused = any(each.code is PauseCode.DMARC_ALIGNMENT and each.paused_at for each in before)
    evidence = found.asked.evidence
    heard = signals(
        found.fresh, evidence, found.listings, looked=found.checked.looked, is_paused_for_alignment=is_paused
    )
    alignment = heard[PauseCode.DMARC_ALIGNMENT]
    heard[PauseCode.SEND_BLOCKED] = refusal_signal(refusals(session, domain.id, moment), alignment, moment)
    return [advance(each, heard.get(each.code, Signal.UNKNOWN), moment) for each in before]


def _is_undecided(reason: Reason) -> bool:
    is_new = reason.bad_since is not None and reason.paused_at is None
    return is_new or reason.good_since is not None


def _critical_list(listings: list[Listing]) -> str | None:
    confirmed = [each for each in listings if each.is_open and each.confirmed_at is not None]
    return BY_KEY[max(confirmed, key=lambda each: each.severity).list_key].name if confirmed else None
