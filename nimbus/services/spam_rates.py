"""Keeping what Google's Postmaster Tools report of a sending domain; all its inboxes answer for it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import dialect_of, insert_or
from nimbus.models import DomainHealth, DomainSpamDay
from nimbus.rules.domain_pause import SPAM_DAYS_READ
from nimbus.services.observe_domain import check_soon
from nimbus.services.pause_domain import look_again


def keep_spam_rates(session: Session, domain: DomainHealth, rates: Mapping[date, float]) -> None:
    """Keep the rates (shares of 0 to 1) of some days within the caller's transaction; a day told again is corrected."""
    if not rates:
        return
    put = insert_or(DomainSpamDay, dialect_of(session))
    rows = [
        {"workspace_id": domain.workspace_id, "domain_id": domain.id, "day": day, "rate": rate}
        for day, rate in sorted(rates.items())
    ]
    again = put.on_conflict_do_update(index_elements=["domain_id", "day"], set_={"rate": put.excluded.rate})
    session.execute(again, rows)
    look_again(session, domain)
    check_soon(session, domain.id)


def read_spam_rates(session: Session, ids: Sequence[int]) -> dict[int, dict[date, float]]:
    """The last days that were reported of these domains, as many as a pause is decided by."""
    newest = sa.func.row_number().over(
        partition_by=DomainSpamDay.domain_id, order_by=DomainSpamDay.day.desc()
    )
    ranked = (
        sa.select(DomainSpamDay.domain_id, DomainSpamDay.day, DomainSpamDay.rate, newest.label("place"))
        .where(DomainSpamDay.domain_id.in_(ids))
        .subquery()
    )
    found: dict[int, dict[date, float]] = defaultdict(dict)
    query = sa.select(ranked.c.domain_id, ranked.c.day, ranked.c.rate).where(ranked.c.place <= SPAM_DAYS_READ)
    for domain_id, day, rate in session.execute(query):
        found[domain_id][day] = rate
    return found
