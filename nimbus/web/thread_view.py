"""One conversation as its page shows it: everything that was written and came, in order, each with its class and why."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from nimbus.extensions import db
from nimbus.models import Send
from nimbus.models.reply_queries import MOST_SHOWN, CameIn, FoundThread, last_written, mail_of
from nimbus.rules.reply_classes import WORDS, ReplyClass
from nimbus.rules.send_state import SendState
from nimbus.services.answer_thread import answer_subject
from nimbus.services.queue_send import why_suppressed
from nimbus.web.message_view import MOST_SHOWN as LONGEST
from nimbus.web.message_view import NO_SUBJECT, StateView, state_view, why_it_cannot_send


@dataclass(frozen=True, slots=True)
class ClassView:
    """The chip of a class: its word, a tone, an icon."""

    word: str
    tone: str
    icon: str


_LOOKS = {
    ReplyClass.INTERESTED: ("ok", "circle-check"),
    ReplyClass.NOT_NOW: ("info", "clock"),
    ReplyClass.NOT_INTERESTED: ("plain", "circle-x"),
    ReplyClass.WRONG_PERSON: ("warn", "user"),
    ReplyClass.OUT_OF_OFFICE: ("info", "circle-pause"),
    ReplyClass.UNSUBSCRIBE: ("warn", "log-out"),
    ReplyClass.COMPLAINT: ("bad", "triangle-alert"),
    ReplyClass.AUTO_REPLY: ("plain", "refresh-cw"),
    ReplyClass.BOUNCE: ("bad", "circle-alert"),
    ReplyClass.OTHER: ("info", "mail"),
}
CLASSES = {key: ClassView(WORDS[key], *look) for key, look in _LOOKS.items()}


@dataclass(frozen=True, slots=True)
class Correction:
    """That somebody gave a message another class."""

    at: datetime
    by: str
    was: str
    became: str


class Came:
    """A message that came in."""

    is_ours = False

    def __init__(self, found: CameIn) -> None:
        came = found.mail
        self.id, self.at = came.id, came.received_at
        self.sender, self.subject = came.sender, came.subject or NO_SUBJECT
        self.key = ReplyClass(came.reply_class or ReplyClass.OTHER)
        self.chip = CLASSES[self.key]
        self.counts = came.counts
        self.away_until = came.away_until if self.key is ReplyClass.OUT_OF_OFFICE else None
        whole = (came.text or "").strip()
        self.text = (came.reply_text or whole)[:LONGEST].strip()
        self.whole = whole[:LONGEST] if whole != self.text else ""
        self.has_html = found.has_html
        self.evidence: list[tuple[str, str]] = [(name, value) for name, value in came.evidence or []]
        self.corrections = [_correction(*each) for each in came.corrections]
        self.in_spam = came.role == "spam"


class Written:
    """A message of ours."""

    is_ours = True

    def __init__(self, send: Send) -> None:
        self.id, self.at = send.id, send.in_data_at or send.finished_at or send.created_at
        self.recipient, self.subject = send.recipient, send.subject or NO_SUBJECT
        self.state: StateView = state_view(send.state, send.category)
        self.reason = None if send.state == SendState.SENT else send.reason
        self.text = send.body[:LONGEST].strip()


class ThreadView:
    """What templates know of a conversation."""

    def __init__(self, found: FoundThread) -> None:
        thread, account, session = found.thread, found.account, db.session()
        self.id, self.address, self.seen = thread.id, thread.address, thread.last_id
        self.subject = thread.subject or NO_SUBJECT
        self.inbox, self.campaign, self.campaign_id = account.email, found.campaign, thread.campaign_id
        self.account_url = (
            None if account.removed_at else url_for("email_accounts.show", account_id=account.id)
        )
        self.chip = CLASSES[ReplyClass(thread.reply_class)]
        self.done_at, self.done_by = thread.done_at, thread.done_by
        came, sent = mail_of(session, thread)
        entries: list[Came | Written] = [*map(Came, came), *map(Written, sent)]
        self.entries = sorted(entries, key=lambda each: each.at)
        self.is_cut = MOST_SHOWN in {len(came), len(sent)}
        newest = last_written(session, thread.workspace_id, thread.id)
        self.to = newest.sender if newest else thread.address
        self.answer_subject = answer_subject(thread.subject)
        self.why_not = why_it_cannot_send(account) or why_suppressed(session, thread.workspace_id, self.to)
        self.reconnect_url = (
            None
            if account.removed_at or not why_it_cannot_send(account)
            else url_for("reconnect.form", account_id=account.id)
        )
        self.classes = [(key.value, word) for key, word in WORDS.items()]


def _correction(at: str, by: str, was: str, became: str) -> Correction:
    return Correction(datetime.fromisoformat(at), by, WORDS[ReplyClass(was)], WORDS[ReplyClass(became)])
