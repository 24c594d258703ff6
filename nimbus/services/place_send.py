"""Giving messages of a campaign to inboxes: for each the row that will leave, the contact's state and the slot, or nothing.

One short transaction for a few messages, each for another inbox. Those who want the same inbox wait for each other;
each inbox is read and judged again, whatever the batch has seen of it before. What was placed counts against today's
number at once, and the claim takes its place in the budget when the message leaves (`services/send_claim.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa

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


def place(look: Look, batch_id: int, asked: Sequence[tuple[Message, Slot]]) -> list[Placed]:
    """Give each message to its inbox if every check passes at this moment, and its contact still waits for this step.

    asked: messages with the slots they are to have, no inbox twice, `batch_pool.TOGETHER` at most.
    """
    return patient_write(lambda writing: _place_all(writing, look, batch_id, asked)) if asked else []


def _place_all(
    writing: Writing, look: Look, batch_id: int, asked: Sequence[tuple[Message, Slot]]
) -> list[Placed]:
    found = read_again(writing, look, [slot.account_id for _, slot in asked])
    return [
        _place(writing, look, found.get(slot.account_id), _row(look, batch_id, message, slot), slot=slot)
        for message, slot in asked
    ]


def _place(
    writing: Writing, look: Look, inbox: PoolInbox | None, send: dict[str, Any], *, slot: Slot
) -> Placed:
    if inbox is None:
        return Placed(Outcome.NOT_THIS_INBOX)
    taken_until = inbox.judged.inbox.next_slot_at
    if taken_until is not None and taken_until > slot.at:
        return Placed(Outcome.TAKEN, inbox)
    failing = first_failing(but_for_slot(inbox.judged.checks))
    if failing is not None:
        return Placed(Outcome.NOT_THIS_INBOX, inbox, failing)
    stands = {
        "of_account": slot.account_id,
        "of_workspace": look.workspace_id,
        "of_campaign": look.campaign_id,
        "of_contact": send["contact_id"],
        "of_step": send["step"],
        "of_recipient": send["recipient"],
        "of_type": look.wanted.campaign_type,
        "of_floor": look.wanted.floor,
    }
    if not writing.change(_putting(writing.database), send):
        return Placed(Outcome.NOT_THIS_CONTACT, inbox)
    if not writing.change(_moving_on(), stands):
        writing.change(_taking_out(), {"of_key": send["key"], "of_workspace": look.workspace_id})
        return Placed(Outcome.NOT_THIS_CONTACT, inbox)
    writing.change(_taking_slot(writing.database), _turn(look, slot))
    return Placed(Outcome.PLACED, inbox)


def _turn(look: Look, slot: Slot) -> dict[str, Any]:
    return {
        "workspace_id": look.workspace_id,
        "account_id": slot.account_id,
        "last_used_at": slot.at,
        "next_slot_at": slot.at + slot.then,
    }


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
        "created_at": look.moment,
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
def _taking_slot(dialect: str) -> Any:
    put = insert_or(InboxRotation, dialect)
    return put.on_conflict_do_update(
        index_elements=["account_id"],
        set_={name: put.excluded[name] for name in ("last_used_at", "next_slot_at")},
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


@cache
def _taking_out() -> sa.Delete:
    """What was put a moment ago: its contact does not wait for it."""
    return sa.delete(_SEND).where(
        _SEND.c.workspace_id == sa.bindparam("of_workspace"), _SEND.c.key == sa.bindparam("of_key")
    )
