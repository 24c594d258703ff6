"""One batch of one campaign: whatever is due is given to the inbox whose turn it is, or put off with the reason.

The pool is read and judged once and kept ordered; messages are then placed a few at a time, each inbox read and judged
again (`services/place_send.py`). A batch that is killed leaves whole messages and nothing half: the next one
goes on where it stopped, as soon as its lease is over.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import next_midnight, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import CampaignContact, Contact, Workspace
from nimbus.models.base import table_of
from nimbus.rules.campaign_state import ContactState, read_hours
from nimbus.rules.deferral import but_for_slot
from nimbus.rules.eligibility import first_failing
from nimbus.rules.merge_fields import MergeError
from nimbus.rules.pacing import spacing
from nimbus.rules.rotation import Rotation, Standing
from nimbus.rules.sending_hours import BATCH, SendingHours
from nimbus.services.advance_contacts import advance
from nimbus.services.batch_ledger import (
    Ledger,
    Turn,
    begin,
    count_contacts,
    due_contacts,
    give_back,
    renew,
    take_turn,
    upcoming,
)
from nimbus.services.batch_pool import TOGETHER, Look, PoolInbox, read_pool, wanted_by
from nimbus.services.campaign_copy import Written, read_steps, read_threads, write_step
from nimbus.services.live_place import place_state
from nimbus.services.patient_write import patient_write
from nimbus.services.place_send import Message, Outcome, Placed, Slot, place
from nimbus.services.queue_send import MessageRefused

_AT_ONCE = 200  # contacts read at a time
_CONTACT = table_of(CampaignContact)
_NOT_IN_POOL = (
    "The inbox of this conversation is not in the campaign's pool any more, and no other may go on with it. Add it "
    "to the pool again, or end the sequence for this contact."
)


@dataclass(frozen=True, slots=True)
class BatchDone:
    """What a batch did: how many messages it gave to inboxes, and how many it put off."""

    placed: int = 0
    deferred: int = 0


def run_batch(workspace_id: int, campaign_id: int) -> BatchDone | None:
    """Run a campaign's batch if it is due; None where there is none to run now.

    Outside the campaign's hours nothing is placed, whoever asks. Nothing happens in a copy that nobody confirmed.
    """
    if not place_state().confirmed:
        return None
    turn = take_turn(workspace_id, campaign_id)
    if turn is None:
        return None
    campaign = turn.campaign
    hours = read_hours(campaign.timezone, campaign.days, campaign.opens, campaign.closes)
    written = read_steps(db.session(), workspace_id, campaign_id)
    zone = db.session.scalar(sa.select(Workspace.timezone).where(Workspace.id == workspace_id)) or "UTC"
    db.session.rollback()
    advance(workspace_id, campaign_id, written.steps, hours)
    look = Look(workspace_id, campaign_id, wanted_by(campaign), zone, now())
    due = count_contacts(due_contacts(look)) if hours.is_open(look.moment) else 0
    if not due:
        give_back(turn, **upcoming(look, hours))
        return BatchDone() if hours.is_open(look.moment) else None
    return _Running(turn, look, hours, written, due).run()


class _Asked(NamedTuple):
    """A message on its way to an inbox, and the inbox as it stood before."""

    contact: Any
    inbox: Standing
    message: Message
    slot: Slot


class _Running:
    """A batch at work: the order of its inboxes, and those that it has left out with the reason."""

    def __init__(  # noqa: PLR0917 - all that a batch is made of
        self, turn: Turn, look: Look, hours: SendingHours, written: Written, due: int
    ) -> None:
        self._turn = turn
        self._look = look
        self._hours = hours
        self._written = written
        pool = patient_write(lambda writing: read_pool(writing, look))
        self._pool = {each.standing.account_id: each for each in pool}
        judged = [each.judged for each in pool]
        batch_id = begin(turn, look, judged, list(self._pool), due=due)
        self._ledger = Ledger(look, batch_id, hours)
        self._ends = _next_quarter(look.moment)
        # A day's budget is for that day, also where the hours never close.
        self._closes = min(hours.window_end(look.moment), next_midnight(look.moment, look.timezone))
        self._rotation = Rotation(each.standing for each in pool if _may_be_used(each))
        self._chance = random.Random(batch_id)  # noqa: S311 - it only spreads mail over time

    def run(self) -> BatchDone:
        """Place what is due, put off what is left, and give the campaign back."""
        after: tuple[datetime, int] | None = None
        while contacts := self._portion(after):
            if queues.must_stop() or not renew(self._turn):
                give_back(self._turn)  # still due: the next one goes on where this one stops
                return self._done()
            threads = read_threads(
                db.session(),
                self._look.workspace_id,
                self._look.campaign_id,
                [each.contact_id for each in contacts if each.step],
            )
            db.session.rollback()
            self._serve(contacts, threads)
            after = contacts[-1].due_at, contacts[-1].contact_id
        pool = [each.judged for each in self._pool.values()]
        # One that waits for its slot only takes what is left in the next batch.
        if not self._rotation.inboxes:
            self._ledger.defer_rest(pool)
        self._ledger.finish(self._turn, pool)
        queues.ring(queues.SWEEP)  # what is due at once leaves at once
        return self._done()

    def _done(self) -> BatchDone:
        return BatchDone(self._ledger.placed, self._ledger.deferred)

    def _portion(self, after: tuple[datetime, int] | None) -> Sequence[Any]:
        """The next contacts that are due. Without a free inbox only those who have an inbox of their own."""
        query = (
            sa.select(
                *(_CONTACT.c[name] for name in ("contact_id", "step", "due_at", "account_id", "deferrals")),
                *(Contact.__table__.c[name] for name in ("email", "first_name", "last_name", "fields")),
            )
            .join(Contact, Contact.id == _CONTACT.c.contact_id)
            .where(due_contacts(self._look))
            .order_by(_CONTACT.c.due_at, _CONTACT.c.contact_id)
            .limit(_AT_ONCE)
        )
        if after is not None:
            query = query.where(sa.tuple_(_CONTACT.c.due_at, _CONTACT.c.contact_id) > sa.tuple_(*after))
        if self._rotation.first(self._ends) is None:
            query = query.where(_CONTACT.c.account_id.is_not(None))
        found = db.session.execute(query).all()
        db.session.rollback()
        return found

    def _serve(self, contacts: Sequence[Any], threads: Mapping[int, Sequence[Any]]) -> None:
        """Place each contact's message: through its thread's inbox, or through the first that still may."""
        waiting = list(contacts)
        while waiting:
            look = replace(self._look, moment=now())
            asked = self._ask(waiting, threads, look.moment)
            done = place(look, self._ledger.batch_id, [(each.message, each.slot) for each in asked])
            for each, placed in zip(asked, done, strict=True):
                self._note(each.inbox, placed)
            waiting[:0] = [
                each.contact
                for each, placed in zip(asked, done, strict=True)
                if placed.outcome not in {Outcome.PLACED, Outcome.NOT_THIS_CONTACT}
            ]

    def _ask(
        self, waiting: list[Any], threads: Mapping[int, Sequence[Any]], moment: datetime
    ) -> list[_Asked]:
        """Take from those who wait as many as can be placed at once: what an inbox takes next is seen after this one."""
        asked: dict[int, _Asked] = {}
        while waiting and len(asked) < TOGETHER:
            inbox = self._choose(waiting[0])
            if inbox is not None and inbox.account_id in asked:
                break
            contact = waiting.pop(0)
            if inbox is None:
                continue
            try:
                message = self._write(contact, inbox, threads.get(contact.contact_id, []))
            except (MergeError, MessageRefused) as problem:
                self._give_up(contact, str(problem))
                continue
            slot = Slot(inbox.account_id, max(inbox.free_at, moment), self._space(inbox))
            asked[inbox.account_id] = _Asked(contact, inbox, message, slot)
            self._rotation.put(inbox.used(slot.at, slot.at + slot.then))
        return list(asked.values())

    def _write(self, contact: Any, inbox: Standing, thread: Sequence[Any]) -> Message:
        mailbox = self._pool[inbox.account_id].judged.inbox.inbox
        return write_step(self._written, contact, mailbox, thread, workspace_id=self._look.workspace_id)

    def _choose(self, contact: Any) -> Standing | None:
        """The inbox for a contact; a thread whose inbox cannot send is put off here."""
        if contact.account_id is None:
            return self._rotation.first(self._ends)
        own = self._pool.get(contact.account_id)
        if own is None:
            self._ledger.defer_one(contact, _NOT_IN_POOL, [])
            return None
        if failing := first_failing(but_for_slot(own.judged.checks)):
            self._ledger.defer_one(contact, failing.sentence, [own.judged])
            return None
        standing = self._rotation.find(contact.account_id)
        return standing if standing and standing.free_at < self._ends else None

    def _note(self, inbox: Standing, placed: Placed) -> None:
        """Keep what was learnt of an inbox, which stood as `inbox` when it was asked: as a rule that it was used."""
        if placed.outcome is Outcome.PLACED:
            self._ledger.placed += 1
        elif placed.outcome is Outcome.NOT_THIS_CONTACT:
            self._rotation.put(inbox)
        elif placed.outcome is Outcome.TAKEN and placed.inbox:
            self._rotation.put(placed.inbox.standing)  # another campaign was quicker
        else:
            self._leave_out(inbox.account_id, placed)

    def _leave_out(self, account_id: int, placed: Placed) -> None:
        self._rotation.leave(account_id)
        if placed.inbox is None or placed.failing is None:
            del self._pool[account_id]
            return
        self._pool[account_id] = placed.inbox
        self._ledger.turned.append([account_id, placed.failing.code, placed.failing.sentence])

    def _give_up(self, contact: Any, problem: str) -> None:
        with transaction() as session:
            session.execute(
                sa.update(_CONTACT)
                .where(
                    due_contacts(self._look),
                    _CONTACT.c.contact_id == contact.contact_id,
                    _CONTACT.c.step == contact.step,
                )
                .values(state=ContactState.FAILED, problem=problem)
            )

    def _space(self, inbox: Standing) -> timedelta:
        window = max(timedelta(), self._closes - inbox.free_at)
        return spacing(window, inbox.budget - inbox.sent_today, self._chance.random())


def _may_be_used(inbox: PoolInbox) -> bool:
    return first_failing(but_for_slot(inbox.judged.checks)) is None


def _next_quarter(moment: datetime) -> datetime:
    start = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    return start + BATCH
