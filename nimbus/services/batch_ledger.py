"""The rows of a batch: its lease on the campaign, the pool as it was seen, what was deferred, and how it ended."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import Batch, Campaign, CampaignContact, Deferral
from nimbus.models.base import table_of
from nimbus.rules.campaign_state import CampaignState, ContactState
from nimbus.rules.deferral import Judged, passes_at, say_deferred
from nimbus.rules.rotation import histogram
from nimbus.rules.send_state import LEASE
from nimbus.rules.sending_hours import SendingHours, next_try
from nimbus.services.batch_pool import Look

_CAMPAIGN, _CONTACT = table_of(Campaign), table_of(CampaignContact)
_A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """The batch that runs: the campaign as it was when the lease was taken, and who has it."""

    campaign: Any
    owner: str


def take_turn(workspace_id: int, campaign_id: int) -> Turn | None:
    """The campaign, for one batch at a time; None while it does not run, has another batch, or is not due yet."""
    moment, owner = now(), secrets.token_hex(16)
    with transaction() as session:
        campaign = session.execute(
            sa.update(_CAMPAIGN)
            .where(
                _CAMPAIGN.c.workspace_id == workspace_id,
                _CAMPAIGN.c.id == campaign_id,
                _CAMPAIGN.c.state == CampaignState.RUNNING,
                sa.or_(_CAMPAIGN.c.owner.is_(None), _CAMPAIGN.c.lease_until < moment),
                _CAMPAIGN.c.next_at <= moment,
            )
            .values(owner=owner, lease_until=moment + LEASE)
            .returning(*_CAMPAIGN.c)
        ).one_or_none()
    return Turn(campaign, owner) if campaign else None


def renew(turn: Turn) -> bool:
    """Keep the lease for another LEASE; False when another batch has the campaign by now, or it does not run."""
    with transaction() as session:
        held = session.execute(
            _of(turn).where(_CAMPAIGN.c.state == CampaignState.RUNNING).values(lease_until=now() + LEASE)
        )
        return bool(held.rowcount)  # type: ignore[attr-defined]


def give_back(turn: Turn, **values: Any) -> None:
    """End the turn, and keep with the campaign what came of it; whoever woke it meanwhile has their way."""
    if "next_at" in values:
        is_as_it_was = _CAMPAIGN.c.next_at == turn.campaign.next_at
        later = sa.literal(values["next_at"], _CAMPAIGN.c.next_at.type)
        values["next_at"] = sa.case((is_as_it_was, later), else_=_CAMPAIGN.c.next_at)
    with transaction() as session:
        session.execute(_of(turn).values(owner=None, lease_until=None, asked_by=None, **values))


def begin(turn: Turn, look: Look, pool: Sequence[Judged], ids: Sequence[int], *, due: int) -> int:
    """Write down the pool as it is, before anything is chosen from it; the batch's id."""
    row = Batch(
        workspace_id=look.workspace_id,
        campaign_id=look.campaign_id,
        began_at=look.moment,
        asked_by=turn.campaign.asked_by,
        campaign_type=turn.campaign.campaign_type,
        floor=look.wanted.floor,
        pool=[snapshot(account_id, each) for account_id, each in zip(ids, pool, strict=True)],
        due=due,
    )
    with transaction() as session:
        session.add(row)
        session.flush()
        return row.id


def due_contacts(look: Look) -> sa.ColumnElement[bool]:
    """The contacts whose next step could leave at the moment of this look."""
    return sa.and_(
        _CONTACT.c.workspace_id == look.workspace_id,
        _CONTACT.c.campaign_id == look.campaign_id,
        _CONTACT.c.state == ContactState.WAITING,
        _CONTACT.c.due_at <= look.moment,
    )


def count_contacts(*which: sa.ColumnElement[bool]) -> int:
    """How many contacts these conditions let through."""
    found = db.session.scalar(sa.select(sa.func.count()).select_from(_CONTACT).where(*which)) or 0
    db.session.rollback()
    return found


class Ledger:
    """What a batch has placed and deferred, and at the end the campaign's own row. Each write is its own transaction."""

    def __init__(self, look: Look, batch_id: int, hours: SendingHours) -> None:
        self.batch_id = batch_id
        self.placed = 0
        self.deferred = 0
        self.turned: list[list[Any]] = []
        self.next_try: datetime | None = None
        self.sentence: str | None = None
        self._look = look
        self._hours = hours

    def defer_one(self, contact: Any, sentence: str, own: Sequence[Judged]) -> None:
        """Put off one contact whose thread's inbox (`own`, none: it left the pool) cannot send now."""
        who = sa.and_(_CONTACT.c.contact_id == contact.contact_id, _CONTACT.c.step == contact.step)
        self._put_off(who, self._until(own, contact.deferrals), sentence)

    def defer_rest(self, pool: Sequence[Judged]) -> None:
        """Put off everybody whose first message found no inbox: all at once, however many they are."""
        begins = _CONTACT.c.account_id.is_(None)
        counts = db.session.scalars(
            sa.select(_CONTACT.c.deferrals).where(due_contacts(self._look), begins).distinct()
        ).all()
        db.session.rollback()
        for count in sorted(counts):
            until = self._until(pool, count)
            said = say_deferred(until, self._look.timezone, pool, self._look.wanted)
            self.sentence = self.sentence or said
            # What stands with the batch is not written once more for each.
            self._put_off(
                sa.and_(begins, _CONTACT.c.deferrals == count), until, None if said == self.sentence else said
            )

    def _until(self, pool: Sequence[Judged], deferrals: int) -> datetime:
        until = next_try(self._hours, now(), passes_at(pool), deferrals=deferrals)
        self.next_try = min(until, self.next_try or until)
        return until

    def _put_off(self, who: sa.ColumnElement[bool], until: datetime, own: str | None) -> None:
        these = sa.and_(due_contacts(self._look), who)
        rows = sa.select(
            _CONTACT.c.workspace_id,
            sa.literal(self.batch_id),
            _CONTACT.c.contact_id,
            _CONTACT.c.step,
            sa.literal(until, _CONTACT.c.due_at.type),
            _CONTACT.c.account_id,
            sa.literal(own, sa.Text),
        ).where(these)
        names = ["workspace_id", "batch_id", "contact_id", "step", "until", "account_id", "sentence"]
        put_off = sa.update(_CONTACT).where(these).values(due_at=until, deferrals=_CONTACT.c.deferrals + 1)
        with transaction() as session:
            session.execute(sa.insert(Deferral).from_select(names, rows))
            self.deferred += int(session.execute(put_off).rowcount)  # type: ignore[attr-defined]

    def finish(self, turn: Turn, pool: Sequence[Judged]) -> None:
        """Close the batch and give the campaign back, throttled or not, with the moment of its next batch."""
        reasons = histogram(each.checks for each in pool)
        with transaction() as session:
            session.execute(
                sa.update(Batch)
                .where(Batch.id == self.batch_id)
                .values(
                    finished_at=now(),
                    placed=self.placed,
                    deferred=self.deferred,
                    turned=self.turned,
                    reasons={code.value: count for code, count in reasons.items()},
                    next_try=self.next_try,
                    sentence=self.sentence,
                )
            )
        since = (turn.campaign.throttled_since or self._look.moment) if self.deferred else None
        give_back(turn, **upcoming(self._look, self._hours) | {"throttled_since": since})


def upcoming(look: Look, hours: SendingHours) -> dict[str, Any]:
    """When the next batch is due; or that the campaign is finished, where nobody waits any more.

    While a message is on its way each batch looks whether it has left.
    """
    of_campaign = sa.and_(
        _CONTACT.c.workspace_id == look.workspace_id, _CONTACT.c.campaign_id == look.campaign_id
    )
    query = (
        sa.select(_CONTACT.c.state, sa.func.min(_CONTACT.c.due_at))
        .where(of_campaign, _CONTACT.c.state.in_((ContactState.WAITING, ContactState.PLACED)))
        .group_by(_CONTACT.c.state)
    )
    first = {state: due_at for state, due_at in db.session.execute(query)}  # noqa: C416 - rows are no pairs to mypy
    db.session.rollback()
    if not first:
        return {
            "state": CampaignState.FINISHED,
            "finished_at": now(),
            "next_at": None,
            "throttled_since": None,
        }
    soonest = now() + _A_MOMENT
    values: dict[str, Any] = {}
    if not count_contacts(of_campaign, _CONTACT.c.deferrals > 0):
        values["throttled_since"] = None  # those who were put off are gone, or had their turn
    if ContactState.PLACED not in first:
        soonest = max(soonest, first[ContactState.WAITING])
    return values | {"next_at": hours.next_batch(soonest)}


def _of(turn: Turn) -> sa.Update:
    return sa.update(_CAMPAIGN).where(_CAMPAIGN.c.id == turn.campaign.id, _CAMPAIGN.c.owner == turn.owner)


def snapshot(account_id: int, judged: Judged) -> list[Any]:
    """An inbox as the ledger keeps it: its id, its address, and each check with its value."""
    checks = [
        [each.code, each.passes, each.has, each.asks, "" if each.passes else each.sentence]
        for each in judged.checks
    ]
    return [account_id, judged.inbox.inbox, checks]
