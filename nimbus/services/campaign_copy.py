"""The words of a campaign for one contact: fields filled in, the thread gone on, and the way out of it written under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models import CampaignStep, Send
from nimbus.models.base import table_of
from nimbus.rules.follow_up import Steps
from nimbus.rules.merge_fields import Copy, CopyKind, merge, read_copy
from nimbus.rules.send_state import SendState
from nimbus.rules.unsubscribe import list_unsubscribe, opt_out_html, opt_out_line
from nimbus.security.mail_html import clean_html
from nimbus.services.place_send import Message
from nimbus.services.queue_send import checked_body, checked_subject
from nimbus.services.unsubscribe_links import token_of, unsubscribe_link

_SEND = table_of(Send)
_AGAIN = "Re: "


@dataclass(frozen=True, slots=True)
class Written:
    """The steps of a campaign, read once for a whole batch."""

    subject: Copy
    bodies: tuple[Copy, ...]
    htmls: tuple[Copy | None, ...]  # of the steps that have HTML beside the text
    steps: Steps


@dataclass(frozen=True, slots=True)
class Words:
    """A step as one contact reads it. `html` is None where there is only text."""

    subject: str
    body: str
    html: str | None


def read_steps(session: Session, workspace_id: int, campaign_id: int) -> Written:
    """The steps of a campaign that was launched; raises MergeError or BadSteps for what a launch would refuse."""
    steps = list_steps(session, workspace_id, campaign_id)
    bodies = tuple(
        read_copy(step.body, kind=CopyKind.TEXT, place=f"the text of step {number}")
        for number, step in enumerate(steps, start=1)
    )
    htmls = tuple(
        read_copy(step.html, kind=CopyKind.HTML, place=f"the HTML of step {number}") if step.html else None
        for number, step in enumerate(steps, start=1)
    )
    delays = Steps(tuple(step.delay_days for step in steps))
    subject = read_copy(steps[0].subject, kind=CopyKind.SUBJECT, place="the subject of step 1")
    return Written(subject, bodies, htmls, delays)


def list_steps(session: Session, workspace_id: int, campaign_id: int) -> Sequence[CampaignStep]:
    """The steps of a campaign, in order."""
    return session.scalars(
        sa.select(CampaignStep)
        .where(CampaignStep.workspace_id == workspace_id, CampaignStep.campaign_id == campaign_id)
        .order_by(CampaignStep.number)
    ).all()


def write_step(
    written: Written, contact: Any, mailbox: str, thread: Sequence[Any], *, workspace_id: int
) -> Message:
    """A contact's next step, from this inbox. Raises MergeError or MessageRefused where it cannot be written for them.

    contact: contact_id, step, email, first_name, last_name and fields; thread: what was sent to them before, in order.
    """
    token = token_of(workspace_id, contact.email)
    link = unsubscribe_link(token)
    words = merge_step(written, contact, link, thread[0].subject if thread else None)
    return Message(
        contact_id=contact.contact_id,
        step=contact.step,
        recipient=contact.email,
        subject=words.subject,
        body=words.body,
        html=words.html,
        headers=_of_thread(thread) | list_unsubscribe(mailbox, token, link),
    )


def merge_step(written: Written, contact: Any, link: str | None, thread_subject: str | None) -> Words:
    """The words of a contact's step with the way out under them. Raises as `write_step` does.

    thread_subject: that of the first message, None for the first itself.
    """
    values, html = values_of(contact), written.htmls[contact.step]
    body = _filled(written.bodies[contact.step], values).rstrip()
    subject = _filled(written.subject, values) if thread_subject is None else _AGAIN + thread_subject
    return Words(
        subject=checked_subject(subject),
        body=checked_body(f"{body}\n\n{opt_out_line(link)}\n"),
        # Cleaned with the values in it: only then is it known where a link leads.
        html=html and checked_body(f"{clean_html(_filled(html, values)).rstrip()}\n{opt_out_html(link)}\n"),
    )


def values_of(contact: Any) -> dict[str, str]:
    """The values of a contact by the names of their fields."""
    named = {name: getattr(contact, name) for name in ("email", "first_name", "last_name")}
    return {name: str(value) for name, value in contact.fields.items()} | named


def read_threads(
    session: Session, workspace_id: int, campaign_id: int, contact_ids: Sequence[int]
) -> Mapping[int, list[Any]]:
    """What was sent to each of these contacts in a campaign, in the order of its steps."""
    if not contact_ids:
        return {}
    rows = session.execute(
        sa.select(_SEND.c.contact_id, _SEND.c.subject, _SEND.c.message_id, _SEND.c.sent_message_id)
        .where(
            _SEND.c.workspace_id == workspace_id,
            _SEND.c.campaign_id == campaign_id,
            _SEND.c.contact_id.in_(contact_ids),
            _SEND.c.state.in_((SendState.SENT, SendState.AMBIGUOUS)),
        )
        .order_by(_SEND.c.step)
    )
    threads: dict[int, list[Any]] = {}
    for row in rows:
        threads.setdefault(row.contact_id, []).append(row)
    return threads


def _filled(copy: Copy, values: Mapping[str, str]) -> str:
    """A field that this contact does not have is empty: that there is such a field was seen at the launch."""
    return merge(copy, dict.fromkeys(copy.fields, "") | dict(values))


def _of_thread(thread: Sequence[Any]) -> dict[str, str]:
    ids = [sent.sent_message_id or sent.message_id for sent in thread]
    return {"In-Reply-To": ids[-1], "References": " ".join(ids)} if ids else {}
