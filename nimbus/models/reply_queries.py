"""Reading conversations: a page of them by what a person asks for, and one with all that was said in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from nimbus.models.campaign import Campaign
from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.incoming import Incoming
from nimbus.models.send import Send
from nimbus.models.tag import AccountTag, Tag
from nimbus.models.thread import Thread
from nimbus.rules.mail_verdict import MailKind
from nimbus.rules.reply_classes import ANSWERS, ReplyClass
from nimbus.rules.send_state import SendKind
from nimbus.rules.tag_names import folded

PAGE = 50
MOST_SHOWN = 100  # messages of a conversation, of each side
EXCERPT = 160  # characters


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """Which conversations somebody wants to see. done: None asks for all; what else is left out, too."""

    done: bool | None = False
    reply_class: ReplyClass | None = None
    campaign_id: int | None = None
    account_id: int | None = None
    client: str = ""


class After(NamedTuple):
    """Where a page begins: below the conversation of this moment and id."""

    last_at: datetime
    id: int


class ThreadRow(NamedTuple):
    """A line of the list, with how the newest message begins and where the conversation stands."""

    id: int
    address: str
    subject: str
    inbox: str
    campaign: str | None
    reply_class: str
    last_at: datetime
    done_at: datetime | None
    sender: str
    excerpt: str


class FoundThread(NamedTuple):
    """A conversation with its inbox, removed or not, and the name of its campaign, as long as that is there."""

    thread: Thread
    account: EmailAccountHealth
    campaign: str | None


class CameIn(NamedTuple):
    """A message that came, whose HTML stays where it is: a page asks for that alone."""

    mail: Incoming
    has_html: bool


def list_threads(
    session: Session, workspace_id: int, wanted: ThreadFilter, *, after: After | None = None
) -> tuple[list[ThreadRow], After | None]:
    """A page of conversations, the newest first, and where the next one begins (None at the end)."""
    query = _filtered(workspace_id, wanted)
    if after is not None:
        query = query.where(sa.tuple_(Thread.last_at, Thread.id) < sa.tuple_(*_bound(after)))
    rows = session.execute(
        query.order_by(Thread.last_at.desc(), Thread.id.desc())
        .limit(PAGE + 1)
        .with_only_columns(
            Thread.id,
            Thread.address,
            Thread.subject,
            EmailAccountHealth.email,
            Campaign.name,
            Thread.reply_class,
            Thread.last_at,
            Thread.done_at,
            sa.func.coalesce(Incoming.sender, ""),
            sa.func.substr(sa.func.coalesce(Incoming.reply_text, ""), 1, EXCERPT),
        )
    )
    threads = [ThreadRow._make(row) for row in rows]
    last = threads[PAGE - 1] if len(threads) > PAGE else None
    return threads[:PAGE], After(last.last_at, last.id) if last else None


def count_open(session: Session, workspace_id: int) -> int:
    """How many conversations wait for a person."""
    waits = Thread.workspace_id == workspace_id, Thread.done_at.is_(None)
    return session.scalar(sa.select(sa.func.count()).where(*waits)) or 0


def find_thread(session: Session, workspace_id: int, thread_id: int) -> FoundThread | None:
    """One conversation of this workspace; None for any other id."""
    found = session.execute(
        sa.select(Thread, EmailAccountHealth, Campaign.name)
        .join(EmailAccountHealth, EmailAccountHealth.id == Thread.account_id)
        .outerjoin(Campaign, _its_campaign())
        .where(Thread.workspace_id == workspace_id, Thread.id == thread_id)
        .execution_options(populate_existing=True)
    ).first()
    return FoundThread(*found) if found else None


def thread_with(session: Session, send: Send) -> int | None:
    """The conversation that a message of ours belongs to; None where nothing came back."""
    came = sa.select(Incoming.thread_id).where(Incoming.send_id == send.id, Incoming.thread_id.is_not(None))
    with_them = sa.select(Thread.id).where(
        Thread.workspace_id == send.workspace_id,
        Thread.account_id == send.account_id,
        Thread.address == send.recipient,
    )
    return session.scalar(came.limit(1)) or session.scalar(with_them)


def find_html(session: Session, workspace_id: int, incoming_id: int) -> str | None:
    """The HTML of a message in a conversation, as it came; None for any other id, and where there is none."""
    mine = Incoming.workspace_id == workspace_id, Incoming.id == incoming_id
    return session.scalar(sa.select(Incoming.html).where(*mine, Incoming.thread_id.is_not(None)))


def last_written(session: Session, workspace_id: int, thread_id: int) -> Incoming | None:
    """The newest message of a person in a conversation; None where only machines wrote."""
    by_person = sa.or_(
        Incoming.kind.in_([MailKind.REPLY, MailKind.UNMATCHED]), Incoming.reply_class.in_(ANSWERS)
    )
    return session.scalar(
        sa.select(Incoming)
        .where(Incoming.workspace_id == workspace_id, Incoming.thread_id == thread_id, by_person)
        .order_by(Incoming.received_at.desc(), Incoming.id.desc())
        .limit(1)
    )


def mail_of(session: Session, thread: Thread) -> tuple[list[CameIn], Sequence[Send]]:
    """What came in a conversation and what was written in it, the newest first, as many of each as are shown."""
    rows = session.execute(
        sa.select(Incoming, Incoming.html.is_not(None))
        .where(Incoming.workspace_id == thread.workspace_id, Incoming.thread_id == thread.id)
        .order_by(Incoming.received_at.desc(), Incoming.id.desc())
        .limit(MOST_SHOWN)
        .options(defer(Incoming.html), defer(Incoming.raw))
    )
    came = [CameIn(*row) for row in rows]
    people = {thread.address, *(each.mail.sender for each in came if each.mail.kind == MailKind.REPLY)}
    sent = session.scalars(
        sa.select(Send)
        .where(
            Send.workspace_id == thread.workspace_id,
            Send.account_id == thread.account_id,
            Send.recipient.in_(people),
            Send.kind.in_([SendKind.CAMPAIGN, SendKind.MANUAL]),
        )
        .order_by(Send.id.desc())
        .limit(MOST_SHOWN)
        .options(defer(Send.html), defer(Send.message))
    ).all()
    return came, sent


def inboxes_of_threads(session: Session, workspace_id: int) -> Sequence[tuple[int, str]]:
    """The inboxes that have conversations, (id, address) in alphabetical order."""
    has = sa.exists().where(Thread.account_id == EmailAccountHealth.id)
    query = sa.select(EmailAccountHealth.id, EmailAccountHealth.email)
    mine = EmailAccountHealth.workspace_id == workspace_id
    rows = session.execute(query.where(mine, has).order_by(EmailAccountHealth.email))
    return [(key, email) for key, email in rows]


def campaigns_of_threads(session: Session, workspace_id: int) -> Sequence[tuple[int, str]]:
    """The campaigns that have conversations, (id, name) in alphabetical order."""
    has = sa.exists().where(Thread.campaign_id == Campaign.id, Thread.workspace_id == workspace_id)
    query = sa.select(Campaign.id, Campaign.name).where(Campaign.workspace_id == workspace_id, has)
    rows = session.execute(query.order_by(Campaign.name))
    return [(key, name) for key, name in rows]


def _filtered(workspace_id: int, wanted: ThreadFilter) -> sa.Select[Any]:
    query = (
        sa.select(Thread)
        .join(EmailAccountHealth, EmailAccountHealth.id == Thread.account_id)
        .outerjoin(Campaign, _its_campaign())
        .outerjoin(Incoming, Incoming.id == Thread.last_id)
        .where(Thread.workspace_id == workspace_id)
    )
    if wanted.done is not None:
        query = query.where(Thread.done_at.is_not(None) if wanted.done else Thread.done_at.is_(None))
    if wanted.reply_class is not None:
        query = query.where(Thread.reply_class == wanted.reply_class)
    if wanted.campaign_id is not None:
        query = query.where(Thread.campaign_id == wanted.campaign_id)
    if wanted.account_id is not None:
        query = query.where(Thread.account_id == wanted.account_id)
    if wanted.client:
        of_client = (
            sa.select(AccountTag.account_id)
            .join(Tag, Tag.id == AccountTag.tag_id)
            .where(Tag.workspace_id == workspace_id, Tag.is_client, Tag.folded == folded(wanted.client))
        )
        query = query.where(Thread.account_id.in_(of_client))
    return query


def _its_campaign() -> sa.ColumnElement[bool]:
    return sa.and_(Campaign.id == Thread.campaign_id, Campaign.workspace_id == Thread.workspace_id)


def _bound(after: After) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    return sa.literal(after.last_at, Thread.last_at.type), sa.literal(after.id)
