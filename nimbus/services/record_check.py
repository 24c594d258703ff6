"""Keeping what a check of a sending domain found: verdicts, listings, score, and whether its inboxes pause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import DomainHealth, DomainListing, EventTone
from nimbus.rules import listings as over_time
from nimbus.rules.blocklists import BY_KEY, Subject
from nimbus.rules.domain_checks import Asked, Checked, Kept, keep_last_good, next_look
from nimbus.rules.domain_pause import (
    PauseCode,
    Reason,
    Signal,
    advance,
    inboxes_in_trouble,
    refusal_signal,
    spam_rate_signal,
)
from nimbus.rules.domain_score import domain_score
from nimbus.rules.domain_signals import has_both, has_dmarc, high_listing, signals
from nimbus.rules.listings import Listing, judge_lists
from nimbus.rules.verdicts import Check, CheckResult, Verdict
from nimbus.services.domain_facts import count_troubled, refusals
from nimbus.services.domain_rows import (
    are_same,
    as_listing,
    make_newer,
    read_checks,
    read_listings,
    read_reasons,
    write_checks,
    write_listing,
)
from nimbus.services.pause_domain import apply_reasons, look_again, tell
from nimbus.services.spam_rates import read_spam_rates

_BROKEN = timedelta(hours=1)  # after a check that a fault of ours ended


class Done(NamedTuple):
    """A check that has ended: the lease it was made under, and what it found, None where it broke."""

    domain_id: int
    lease_until: datetime
    asked: Asked
    found: Checked | None
    spread: float  # the domain's own number, rules/domain_checks.next_look


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read before anything is kept, by the domain's id."""

    checks: Mapping[int, dict[Check, Kept]]
    listings: Mapping[int, dict[tuple[str, str], DomainListing]]
    refused: Mapping[int, list[tuple[str, datetime]]]
    spam: Mapping[int, Mapping[date, float]]
    troubled: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Found:
    """What a check found, with the listings as they are after it."""

    asked: Asked
    checked: Checked
    listings: list[Listing]
    fresh: Mapping[Check, CheckResult]


def record_checks(done: Sequence[Done]) -> int:
    """Keep what these checks found, in one write, of those whose lease still holds; how many those are."""
    moment = now()
    leases = {each.domain_id: each.lease_until for each in done}
    with transaction() as session:
        query = sa.select(DomainHealth).where(DomainHealth.id.in_(leases)).order_by(DomainHealth.id)
        locked = session.scalars(query.with_for_update(key_share=True))
        held = {each.id: each for each in locked if each.check_lease_until == leases[each.id]}
        known = _read(session, list(held), moment)
        found_again = [
            each.domain_id
            for each in done
            if each.domain_id in held and _keep(session, held[each.domain_id], each, known, moment=moment)
        ]
        old_ptr = [each.domain_id for each in done if _has_old_ptr(each)]
        make_newer(session, found_again, moment, but_ptr=old_ptr)
    return len(held)


def _read(session: Session, ids: list[int], moment: datetime) -> _Known:
    return _Known(
        read_checks(session, ids),
        read_listings(session, ids),
        refusals(session, ids, moment),
        read_spam_rates(session, ids),
        count_troubled(session, ids),
    )


def _keep(session: Session, domain: DomainHealth, done: Done, known: _Known, *, moment: datetime) -> bool:
    """Keep what one check found; whether its verdicts are those of before, only newer, and not written yet."""
    domain.check_lease_until = domain.check_progress = None
    if done.found is None:
        domain.next_check_at = moment + _BROKEN
        return False
    listings = _keep_listings(session, domain, done.found, known.listings[domain.id])
    fresh = dict(done.found.results) | {Check.LISTS: judge_lists(done.found.looked, listings)}
    found = _Found(done.asked, done.found, listings, fresh)
    before = known.checks[domain.id]
    kept = {check: keep_last_good(result, before.get(check), moment) for check, result in fresh.items()}
    if _has_old_ptr(done):
        kept[Check.PTR] = before[Check.PTR]
    silent = {check for check, result in fresh.items() if result.is_temporary}
    _tell_changes(session, domain, before, kept)
    is_changed = _share(session, domain, found, kept, troubled=known.troubled.get(domain.id, (0, 0)))
    reasons = _reasons(domain, found, known, moment)
    apply_reasons(session, domain, reasons, listed_on=_critical_list(listings))
    if is_changed:
        look_again(session, domain)
    _set_next(domain, found, reasons, is_silent=bool(silent), spread=done.spread)
    if silent or not are_same(kept, before):
        write_checks(session, domain, kept, silent=silent, now=moment)
        return False
    return True


def _set_next(
    domain: DomainHealth, found: _Found, reasons: list[Reason], *, is_silent: bool, spread: float
) -> None:
    moment = now()
    domain.checked_at = moment
    domain.next_check_at = next_look(
        moment,
        is_listed=any(each.is_open for each in found.listings),
        is_undecided=any(_is_undecided(reason) for reason in reasons)
        or any(each.is_undecided for each in found.listings),
        is_silent=is_silent,
        spread=spread,
    )
    if domain.override_until is not None and domain.override_until > moment:
        domain.next_check_at = min(domain.next_check_at, domain.override_until)


def _keep_listings(
    session: Session, domain: DomainHealth, checked: Checked, before: Mapping[tuple[str, str], DomainListing]
) -> list[Listing]:
    """The listings after this look. One that nobody is asked about any more is over."""
    moment, rows = now(), dict(before)
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


def _share(
    session: Session,
    domain: DomainHealth,
    found: _Found,
    kept: Mapping[Check, Kept],
    *,
    troubled: tuple[int, int],
) -> bool:
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
    was = domain.has_troubled_inboxes
    shared["has_troubled_inboxes"] = inboxes_in_trouble(*troubled, is_warned=was)
    shared["organisation"] = found.checked.organisation
    shared["own_addresses"] = [str(address) for address in found.checked.addresses]
    for name, value in shared.items():
        setattr(domain, name, value)
    if domain.has_troubled_inboxes and not was:
        said = f"{troubled[0]} of its {troubled[1]} inboxes are held, on probation or critical"
        tell(session, domain, "inboxes", said, tone=EventTone.WARN)
    return is_changed


def _has_old_ptr(done: Done) -> bool:
    """Whether this look took over the last word on PTR, which is asked for once a day."""
    return done.found is not None and done.found.results[Check.PTR] is done.asked.last_ptr


def _reasons(domain: DomainHealth, found: _Found, known: _Known, moment: datetime) -> list[Reason]:
    """Each reason to pause after this look."""
    refused = known.refused.get(domain.id, [])
    before = read_reasons(domain.pause_memory)
    is_paused = any(each.code is PauseCode.DMARC_ALIGNMENT and each.paused_at for each in before)
    heard = signals(
        found.fresh,
        found.asked.evidence,
        found.listings,
        looked=found.checked.looked,
        is_paused_for_alignment=is_paused,
        is_refused=bool(refused),
    )
    heard[PauseCode.SPAM_RATE] = spam_rate_signal(known.spam.get(domain.id, {}))
    heard[PauseCode.SEND_BLOCKED] = refusal_signal(refused, heard[PauseCode.DMARC_ALIGNMENT], moment)
    return [advance(each, heard.get(each.code, Signal.UNKNOWN), moment) for each in before]


def _is_undecided(reason: Reason) -> bool:
    is_new = reason.bad_since is not None and reason.paused_at is None
    return is_new or reason.good_since is not None


def _critical_list(listings: list[Listing]) -> str | None:
    """The list whose entry about the domain itself is confirmed, the worst first."""
    confirmed = [
        each
        for each in listings
        if each.is_open and each.confirmed_at is not None and BY_KEY[each.list_key].subject is Subject.DOMAIN
    ]
    return BY_KEY[max(confirmed, key=lambda each: each.severity).list_key].name if confirmed else None
