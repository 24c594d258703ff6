"""A message as the pages show it: one word, the reason, what a person can do, and what happened so far."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message

from flask import url_for

from nimbus.clock import now
from nimbus.models import EmailAccountHealth, Send
from nimbus.models.send_queries import FoundSend, SendRow
from nimbus.rules.inbox_status import CONNECTION_SENTENCES
from nimbus.rules.mail_verdict import MailKind
from nimbus.rules.providers import ConnectionState
from nimbus.rules.send_answers import EFFECTS, Category, Effect
from nimbus.rules.send_state import DONE, HELD, SendKind, SendState, is_orphaned
from nimbus.services.move_send import why_it_stays
from nimbus.services.resolve_send import was_given_up

NO_SUBJECT = "(no subject)"
MOST_SHOWN = 20_000  # characters of a text: the part of the page with it may be asked for each second


@dataclass(frozen=True, slots=True)
class StateView:
    """The chip of a message: a word, a tone, an icon, and what the word means."""

    key: str
    word: str
    tone: str
    icon: str
    meaning: str


_SENDING = ("Sending", "info", "loader-circle")
STATES: dict[SendState, StateView] = {
    SendState.QUEUED: StateView("queued", "Waiting", "info", "clock", "It has not left yet."),
    SendState.CLAIMED: StateView("claimed", *_SENDING, "A worker is signing in to hand it over."),
    SendState.IN_DATA: StateView(
        "in_data", *_SENDING, "It is being handed over; the server has not confirmed it."
    ),
    SendState.SENT: StateView("sent", "Sent", "ok", "circle-check", "The server took it."),
    SendState.FAILED: StateView(
        "failed", "Not sent", "bad", "circle-x", "It did not leave, and is not tried again."
    ),
    SendState.AMBIGUOUS: StateView(
        "ambiguous",
        "In doubt",
        "warn",
        "triangle-alert",
        "It was handed over, and no confirmation came. NimbusOS does not send it a second time by itself.",
    ),
}
_CAME_BACK = StateView(
    SendState.SENT.value, "Came back", "bad", "circle-alert", "The server took it, and it came back."
)
_COPIES = {
    "wanted": "It is being put into the Sent folder.",
    "kept": "It is in the Sent folder.",
    "failed": "It could not be put into the Sent folder. The message itself was sent.",
}
_KINDS = {
    SendKind.TEST: "Test message",
    SendKind.MANUAL: "Written by hand",
    SendKind.CAMPAIGN: "Campaign",
    SendKind.WARMUP: "Warmup",
}
# The moments of a timeline that stand out; every other one is plain.
_TONES: dict[str, str] = {
    SendState.SENT: "ok",
    SendState.FAILED: "bad",
    SendState.AMBIGUOUS: "warn",
    MailKind.REPLY: "ok",
    MailKind.BOUNCE: "bad",
    MailKind.COMPLAINT: "bad",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline, with the server's own words where it had some."""

    at: datetime
    sentence: str
    server_line: str
    tone: str | None


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message in a list."""

    id: int
    subject: str
    recipient: str
    inbox: str
    state: StateView
    reason: str | None
    at: datetime

    @classmethod
    def of(cls, row: SendRow) -> "MessageLine":
        """The line of a row; a reason is for what did not leave."""
        reason = None if row.state == SendState.SENT else row.reason
        at = row.finished_at or row.created_at
        state = state_view(row.state, row.category)
        return cls(row.id, row.subject or NO_SUBJECT, row.recipient, row.inbox, state, reason, at)


class MessageView:
    """What the templates know of a message."""

    def __init__(self, found: FoundSend) -> None:
        send, account = found.send, found.account
        self._send = send
        self.id = send.id
        self.inbox = account.email
        self.account_url = (
            None if account.removed_at else url_for("email_accounts.show", account_id=account.id)
        )
        self.recipient, self.subject = send.recipient, send.subject or NO_SUBJECT
        self.kind = _KINDS[SendKind(send.kind)]
        self.asked_by = found.asked_by
        self.created_at = send.created_at
        self.state = state_view(send.state, send.category)
        self.timeline = [_moment(*line) for line in send.timeline]
        self.message_id = send.message_id
        self.copy = _COPIES.get(send.copy_state or "")
        self.reconnect_url = _reconnect_url(found)
        self.write_url = _write_url(found)
        self.stays = why_it_stays(send)
        self.may_go_again = was_given_up(send) and account.removed_at is None
        self.no_worker = False
        self.thread_id: int | None = None  # of the conversation that it is part of
        self.batch_url = _batch_url(found.send) if found.batch_is_kept else None
        self._read_stored()

    @property
    def reason(self) -> str | None:
        """Why it is as it is, in a sentence; None where the word alone says it."""
        if self.state.key == SendState.SENT and self._send.resolved_by and self.timeline:
            return self.timeline[-1].sentence  # who or what decided that it was
        if self.state is _CAME_BACK:
            return next((each.sentence for each in reversed(self.timeline) if each.tone == "bad"), None)
        return None if self.state.key == SendState.SENT else self._send.reason

    @property
    def waits_for_reason(self) -> bool:
        """Whether somebody wrote it and something holds it: else it leaves in a moment."""
        by_hand = self._send.kind == SendKind.MANUAL
        return by_hand and self.state.key == SendState.QUEUED and self._send.reason is not None

    @property
    def server_line(self) -> str | None:
        """What the server said last, where it is not in the timeline already."""
        said = self._send.server_line
        return None if any(moment.server_line == said for moment in self.timeline) else said

    @property
    def until(self) -> datetime | None:
        """When it leaves, or is tried or judged again; None when that is now, or nobody can say."""
        due = self._send.due_at
        return due if self.state.key == SendState.QUEUED and due > now() else None

    @property
    def worker_is_gone(self) -> bool:
        """Whether the worker that had it stopped; within a minute somebody else looks after it."""
        return is_orphaned(SendState(self._send.state), self._send.lease_until, now())

    @property
    def next_look_at(self) -> datetime | None:
        """When the Sent folder is read for a message in doubt; None once that is over."""
        return self._send.next_look_at if self.state.key == SendState.AMBIGUOUS else None

    @property
    def waits_for_worker(self) -> bool:
        """Whether it should have left some seconds ago."""
        return self.state.key == SendState.QUEUED and now() - self._send.due_at > timedelta(seconds=5)

    @property
    def poll(self) -> str | None:
        """How often the page asks again; None once nothing more happens by itself."""
        state = SendState(self._send.state)
        still_for = now() - max([self.created_at, *(moment.at for moment in self.timeline)])
        copied_soon = self._send.copy_state == "wanted" and still_for < timedelta(minutes=2)
        if state in DONE | {SendState.AMBIGUOUS} and self.next_look_at is None and not copied_soon:
            return None
        if self.until and self.until - now() > timedelta(minutes=1):
            return "every 30s"
        if still_for < timedelta(seconds=15) or state in HELD:
            return "every 1s"
        return "every 3s" if still_for < timedelta(minutes=2) else "every 10s"

    def _read_stored(self) -> None:
        """Headers and text as they leave; before the first try there is only what was asked for."""
        self.headers, text = "", self._send.body
        if self._send.message is not None:
            head, _, _ = self._send.message.partition(b"\r\n\r\n")
            self.headers = head.decode("utf-8", "replace").replace("\r\n", "\n")
            text = _text_of(message_from_bytes(self._send.message))
        self.text, self.length = text[:MOST_SHOWN], len(text)


def state_view(state: str, category: str | None) -> StateView:
    """The chip of a message; what a server took and has a category came back because of that."""
    return _CAME_BACK if state == SendState.SENT and category else STATES[SendState(state)]


def why_it_cannot_send(account: EmailAccountHealth) -> str | None:
    """Why nothing leaves through an account until a person has done something; None while messages can."""
    if account.removed_at is not None:
        return f"{account.email} was removed, and sends nothing any more."
    if account.connection_state != ConnectionState.OK:
        sentence = CONNECTION_SENTENCES[ConnectionState(account.connection_state)]
        return f"{account.email} cannot send before it is reconnected. {sentence}."
    return None


def _moment(at: str, what: str, sentence: str, server_line: str) -> Moment:
    return Moment(datetime.fromisoformat(at), sentence, server_line, _TONES.get(what))


def _reconnect_url(found: FoundSend) -> str | None:
    """Where the inbox is repaired, when that is what this message waits for or failed of."""
    send, account = found.send, found.account
    if account.removed_at or send.state not in {SendState.QUEUED, SendState.FAILED}:
        return None
    refused = send.category is not None and EFFECTS[Category(send.category)] is Effect.SIGN_IN
    if account.connection_state == ConnectionState.OK and not refused:
        return None
    return url_for("reconnect.form", account_id=account.id)


def _batch_url(send: Send) -> str:
    """The decision that gave it to its inbox."""
    return url_for("campaign_decisions.batch", campaign_id=send.campaign_id, batch_id=send.batch_id)


def _write_url(found: FoundSend) -> str | None:
    """The form with this message's words in it, when a person had written it and it was refused."""
    send, account = found.send, found.account
    refused = send.state == SendState.FAILED and send.category is not None
    if not refused or send.kind != SendKind.MANUAL or account.removed_at:
        return None
    return url_for("messages.write", account_id=account.id, like=send.id)


def _text_of(message: Message) -> str:
    """The text of a message of ours, which has one part."""
    content = message.get_payload(decode=True)
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return text.replace("\r\n", "\n")
