"""Conversations in every shape that their pages meet, as rows."""

from datetime import timedelta

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import Incoming, Thread
from nimbus.rules.reply_classes import ReplyClass
from tests.e2e.fleet import LONG
from tests.factories import make_send

_HTML = "<p>Hi Dana, <b>Tuesday</b> suits us.</p><table><tr><td>10:00</td><td>11:00</td></tr></table>"
_WORDS = "Tuesday at ten suits us. What does it cost for twelve people?"
_QUOTED = "\n\nOn Mon, 2 Nov 2026 at 10:00, Ava Stone wrote:\n> Shall we talk next week?"


def make_replies(workspace_id: int, account_id: int) -> dict[str, int]:
    """A conversation of each class at one inbox, the last with both sides, HTML and a correction; gives ids by class."""
    return {each.value: _make(workspace_id, account_id, place, each) for place, each in enumerate(ReplyClass)}


def _make(workspace_id: int, account_id: int, place: int, reply_class: ReplyClass) -> int:
    address = LONG if reply_class is ReplyClass.OTHER else f"{reply_class.value}@example.com"
    moment = now() - timedelta(hours=place)
    left = {"state": "sent", "in_data_at": moment, "finished_at": moment, "kind": "manual", "attempts": 1}
    wrote = {
        "recipient": address,
        "subject": "Twelve seats for your team",
        "body": "Shall we talk next week?",
    }
    send_id = make_send(workspace_id, account_id, **left | wrote)
    is_person = reply_class not in {ReplyClass.BOUNCE, ReplyClass.AUTO_REPLY, ReplyClass.OUT_OF_OFFICE}
    mine = {"workspace_id": workspace_id, "account_id": account_id}
    with transaction() as session:
        thread = Thread(
            **mine,
            address=address,
            subject=wrote["subject"],
            last_at=moment,
            last_id=0,
            reply_class=reply_class,
            done_at=None if is_person else moment,
        )
        session.add(thread)
        session.flush()
        came = Incoming(
            **mine,
            role="inbox",
            remote_key=f"inbox:1:{place}",
            identity=f"{place}",
            sender=address,
            subject=f"Re: {wrote['subject']}",
            received_at=moment,
            fetched_at=moment,
            size=7,
            state="parsed",
            kind="reply",
            reply_class=reply_class,
            counts=is_person,
            evidence=[["Rule", "words of a person"], ["Words", "suits us"]],
            send_id=send_id,
            text=_WORDS + _QUOTED,
            reply_text=_WORDS,
            html=_HTML,
            thread_id=thread.id,
            corrections=[[moment.isoformat(), "Dana", "other", reply_class]],
        )
        session.add(came)
        session.flush()
        thread.last_id = came.id
        return thread.id
