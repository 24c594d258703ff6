"""Giving one message of a campaign to an inbox: the row that will leave, the contact's state and the slot, or nothing.

One short transaction. The slot's row makes those wait for each other who want the same inbox; then the inbox is read
and judged again, whatever the batch has seen of it before. What was placed counts against today's number at once, and
the claim takes its place in the budget when the message leaves (`services/send_claim.py`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import insert_or
from nimbus.models import Campaign, CampaignContact, InboxRotation, Send, Suppression
from nimbus.models.base import table_of
from nimbus.rules.campaign_state import CampaignState, ContactState
from nimbus.rules.deferral import but_for_slot
from nimbus.rules.eligibility import Check, first_failing
from nimbus.rules.send_state import SendKind, SendState
from nimbus.services.batch_pool import Look, PoolInbox, read_again
from nimbus.services.patient_write import patient_write
from nimbus.services.prepared import Writing
from nimbus.services.send_timeline import line_now

_SEND, _TURN, _CONTACT = table_of(Send), table_of(InboxRotation), table_of(CampaignContact)
_CAMPAIGN, _SUPPRESSED = table_of(Campaign), table_of(Suppression)
_INBOX = sa.bindparam("of_account", type_=sa.Integer)


@dataclass(frozen=True, slots=True)
class Message:
    """A step as it will leave, its fields filled in, for one contact."""

    contact_id: int
    step: int
    recipient: str  # in lower case
    subject: str
    body: str
    html: str | None  # the body once more, for who reads HTML
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Slot:
    """When an inbox sends a message, and how long it then takes no other."""

    account_id: int
    at: datetime
    then: timedelta


class Outcome(StrEnum):
    """What became of a message that was to be placed."""

    PLACED = "placed"
    NOT_THIS_INBOX = "not_this_inbox"  # it may not send any more, or has left the pool
    TAKEN = "taken"  # the inbox's slot went to another batch
    NOT_THIS_CONTACT = (
        "not_this_contact"  # stopped, suppressed or taken by another batch; or the campaign was paused
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """The outcome, the inbox as it was read with it, and why not, where that is for a check to say."""

    outcome: Outcome
    inbox: PoolInbox | None = None
    failing: Check | None = None


class _Undone(Exception):
    """Nothing of this transaction stays."""

    def __init__(self, placed: Placed) -> None:
        super().__init__()
        self.placed = placed


def place(look: Look, batch_id: int, message: Message, slot: Slot) -> Placed:
    """Give the message to the inbox if every check passes at this moment, and the contact still waits for this step."""
    try:
        return patient_write(lambda writing: _place(writing, look, batch_id, message, slot=slot))
    except _Undone as undone:
        return undone.placed


def _place(writing: Writing, look: Look, batch_id: int, message: Message, *, slot: Slot) -> Placed:
    asked = {"of_account": slot.account_id, "of_workspace": look.workspace_id}
    turn = asked | {"at_slot": slot.at, "next_slot": slot.at + slot.then}
    if not writing.change(_taking(writing.database), turn):
        raise _Undone(Placed(Outcome.TAKEN))
    # As it is now, but for the slot that has just been taken.
    inbox = read_again(writing, look, slot.account_id)
    failing = first_failing(but_for_slot(inbox.judged.checks)) if inbox else None
    if inbox is None or failing is not None:
        raise _Undone(Placed(Outcome.NOT_THIS_INBOX, inbox, failing))
    stands = asked | {
        "of_campaign": look.campaign_id,
        "of_contact": message.contact_id,
        "of_step": message.step,
        "of_recipient": message.recipient,
        "of_type": look.wanted.campaign_type,
        "of_floor": look.wanted.floor,
    }
    put = _row(look, batch_id, message, slot)
    if not writing.change(_moving_on(), stands) or not writing.change(_putting(writing.database), put):
        raise _Undone(Placed(Outcome.NOT_THIS_CONTACT, inbox))
    return Placed(Outcome.PLACED, inbox)


def _row(look: Look, batch_id: int, message: Message, slot: Slot) -> dict[str, Any]:
    return {
        "workspace_id": look.workspace_id,
        "account_id": slot.account_id,
        "kind": SendKind.CAMPAIGN,
        "state": SendState.QUEUED,
        "key": f"campaign:{look.campaign_id}:{message.contact_id}:{message.step}",
        "recipient": message.recipient,
        "subject": message.subject,
        "body": message.body,
        "html": message.html,
        "headers": message.headers,
        "created_at": now(),
        "due_at": slot.at,
        "attempts": 0,
        "looks": 0,
        "timeline": [line_now(SendState.QUEUED, "A batch of its campaign gave it to this inbox.")],
        "campaign_id": look.campaign_id,
        "contact_id": message.contact_id,
        "step": message.step,
        "batch_id": batch_id,
    }


@cache
def _taking(dialect: str) -> Any:
    """The inbox's slot, unless another batch has given it away; whoever is second waits here, and then sees it."""
    at_slot = sa.bindparam("at_slot", type_=_TURN.c.last_used_at.type)
    next_slot = sa.bindparam("next_slot", type_=_TURN.c.next_slot_at.type)
    put = insert_or(InboxRotation, dialect).values(
        workspace_id=sa.bindparam("of_workspace"),
        account_id=_INBOX,
        last_used_at=at_slot,
        next_slot_at=next_slot,
    )
    return put.on_conflict_do_update(
        index_elements=["account_id"],
        set_={name: put.excluded[name] for name in ("last_used_at", "next_slot_at")},
        where=_TURN.c.next_slot_at <= at_slot,
    )


@cache
def _moving_on() -> sa.Update:
    """The contact, which waits for this very step, of a campaign that runs as the batch knows it; its row is the lock."""
    runs = sa.exists().where(
        _CAMPAIGN.c.id == _CONTACT.c.campaign_id,
        _CAMPAIGN.c.state == CampaignState.RUNNING,
        _CAMPAIGN.c.campaign_type == sa.bindparam("of_type"),
        _CAMPAIGN.c.min_health_score == sa.bindparam("of_floor"),
    )
    gets_none = sa.exists().where(
        _SUPPRESSED.c.workspace_id == sa.bindparam("of_workspace"),
        _SUPPRESSED.c.email == sa.bindparam("of_recipient"),
    )
    return (
        sa.update(_CONTACT)
        .where(
            _CONTACT.c.workspace_id == sa.bindparam("of_workspace"),
            _CONTACT.c.campaign_id == sa.bindparam("of_campaign"),
            _CONTACT.c.contact_id == sa.bindparam("of_contact"),
            _CONTACT.c.state == ContactState.WAITING,
            _CONTACT.c.step == sa.bindparam("of_step"),
            sa.func.coalesce(_CONTACT.c.account_id, _INBOX) == _INBOX,
            runs,
            ~gets_none,
        )
        .values(state=ContactState.PLACED, account_id=_INBOX, deferrals=0)
    )


@cache
def _putting(dialect: str) -> Any:
    put = insert_or(Send, dialect)
    return put.on_conflict_do_nothing(index_elements=["campaign_id", "contact_id", "step"])
