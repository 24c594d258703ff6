"""People of the practice world: what they do with mail that comes in, by habit and on command."""

import heapq
import itertools
import secrets
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from enum import StrEnum

from nimbus.sandbox.complaints import complaint
from nimbus.sandbox.messages import header
from nimbus.sandbox.world import Mailbox, Stored, World


class Habit(StrEnum):
    """What somebody does with a message."""

    SILENT = "silent"
    INTERESTED = "interested"
    NOT_NOW = "not_now"
    NOT_INTERESTED = "not_interested"
    WRONG_PERSON = "wrong_person"
    UNSUBSCRIBE = "unsubscribe"
    OUT_OF_OFFICE = "out_of_office"
    COMPLAIN = "complain"
    BOUNCE_UNKNOWN = "bounce_unknown"
    BOUNCE_FULL = "bounce_full"


HABITS = {
    Habit.SILENT: "Says nothing",
    Habit.INTERESTED: "Answers: interested",
    Habit.NOT_NOW: "Answers: not now",
    Habit.NOT_INTERESTED: "Answers: not interested",
    Habit.WRONG_PERSON: "Answers: the wrong person",
    Habit.UNSUBSCRIBE: "Answers: wants no more mail",
    Habit.OUT_OF_OFFICE: "Is out of the office",
    Habit.COMPLAIN: "Complains of spam",
    Habit.BOUNCE_UNKNOWN: "Bounces: no such user",
    Habit.BOUNCE_FULL: "Bounces: the mailbox is full",
}
_ANSWERS = {
    Habit.INTERESTED: "That sounds interesting. Could you send me a few times that suit you next week?",
    Habit.NOT_NOW: "Thanks, but this is not the right moment. Please ask me again in the next quarter.",
    Habit.NOT_INTERESTED: "Thank you for writing. We are not interested.",
    Habit.WRONG_PERSON: "I am not the right person for this. Jane Roe looks after it now: jane.roe@example.com.",
    Habit.UNSUBSCRIBE: "Please take me off your list and do not write to me again.",
    Habit.OUT_OF_OFFICE: "I am out of the office and back on Monday. I will read your message then.",
}
_BOUNCES = {
    Habit.BOUNCE_UNKNOWN: ("5.1.1", "The email account that you tried to reach does not exist"),
    Habit.BOUNCE_FULL: ("5.2.2", "The recipient's inbox is out of storage space"),
}


@dataclass(frozen=True)
class Custom:
    """A habit, and how long after a message's arrival it shows."""

    habit: Habit = Habit.SILENT
    after: timedelta = timedelta(0)


class People:
    """Everybody's habits. What is due is done by `act`, which an arrival calls too; delays go by the world's clock.

    A machine's mail moves nobody, and nobody reacts twice within a thread: two who answer would never end.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._customs: dict[str, Custom] = {}
        self._due: list[tuple[float, int, Mailbox, Stored, Habit]] = []
        self._number = itertools.count()  # of two that are due at once the first comes first
        self._met: set[tuple[str, str]] = set()
        world.listeners.append(self._arrived)
        world.forgetters.append(self._forget)

    def adopt(self, address: str, habit: Habit, *, after: timedelta = timedelta(0)) -> None:
        """Give somebody a habit."""
        with self._world.lock:
            self._customs[address.lower()] = Custom(habit, after)

    def custom_of(self, address: str) -> Custom:
        """Somebody's habit."""
        return self._customs.get(address.lower(), Custom())

    def react(self, mailbox: Mailbox, habit: Habit, *, message_id: str | None = None) -> bool:
        """Do it now, with a message or with the newest of another person; False when there is none."""
        with self._world.lock:
            candidates = [mailbox.find(message_id)] if message_id else reversed(mailbox.messages)
            stored = next((each for each in candidates if each and _is_personal(each, mailbox)), None)
        if stored is None:
            return False
        self._do(mailbox, stored, habit)
        return True

    def act(self) -> None:
        """Do everything that is due by now."""
        while True:
            with self._world.lock:
                if not self._due or self._due[0][0] > self._world.clock.now().timestamp():
                    return
                _, _, mailbox, stored, habit = heapq.heappop(self._due)
            self._do(mailbox, stored, habit)

    def _arrived(self, mailbox: Mailbox, stored: Stored) -> None:
        custom = self.custom_of(mailbox.address)
        if custom.habit is Habit.SILENT or not _is_personal(stored, mailbox):
            return
        met = (mailbox.address, stored.thread_id)
        with self._world.lock:
            if met in self._met:
                return
            self._met.add(met)
            due = (self._world.clock.now() + custom.after).timestamp()
            heapq.heappush(self._due, (due, next(self._number), mailbox, stored, custom.habit))
        self.act()

    def _do(self, mailbox: Mailbox, stored: Stored, habit: Habit) -> None:
        returns_to = parseaddr(header(stored.headers, "Return-Path"))[1]
        if habit in _BOUNCES:
            status, words = _BOUNCES[habit]
            with self._world.lock:
                if stored in mailbox.messages:
                    mailbox.discard(stored)
            self._world.bounce(
                stored.raw, sender=returns_to, recipient=mailbox.address, status=status, words=words
            )
        elif habit is Habit.COMPLAIN:
            report = complaint(
                stored.raw, sender=returns_to, recipient=mailbox.address, at=self._world.clock.now()
            )
            self._world.deliver(report, sender="", recipients=[returns_to])
        elif habit is not Habit.SILENT:
            self._answer(mailbox, stored, habit)

    def _answer(self, mailbox: Mailbox, stored: Stored, habit: Habit) -> None:
        answer = _answer_to(stored.headers, mailbox, habit)
        answer["Date"] = format_datetime(self._world.clock.now())
        raw = answer.as_bytes(policy=SMTP)
        with self._world.lock:
            mailbox.store(raw, {"SENT"})
        self._world.deliver(raw, sender=mailbox.address, recipients=[parseaddr(answer["To"])[1]])

    def _forget(self) -> None:
        self._customs.clear()
        self._due.clear()
        self._met.clear()


def _is_personal(stored: Stored, mailbox: Mailbox) -> bool:
    """Whether a person wrote it, and somebody else."""
    automatic = header(stored.headers, "Auto-Submitted").lower() not in ("", "no")
    author = parseaddr(header(stored.headers, "From"))[1].lower()
    returns_to = parseaddr(header(stored.headers, "Return-Path"))[1]
    return bool(returns_to) and not automatic and author != mailbox.address and "SENT" not in stored.labels


def _answer_to(headers: Message, mailbox: Mailbox, habit: Habit) -> EmailMessage:
    answer = EmailMessage()
    subject, answered = header(headers, "Subject"), header(headers, "Message-ID")
    answer["From"] = formataddr((mailbox.name, mailbox.address))
    answer["To"] = header(headers, "Reply-To") or header(headers, "From")
    answer["Message-ID"] = f"<{secrets.token_hex(12)}@{mailbox.domain}>"
    if answered:
        answer["In-Reply-To"] = answered
        answer["References"] = f"{header(headers, 'References')} {answered}".strip()
    if habit is Habit.OUT_OF_OFFICE:
        answer["Subject"] = f"Automatic reply: {subject}"
        answer["Auto-Submitted"] = "auto-replied"
        answer["X-Auto-Response-Suppress"] = "All"
    else:
        answer["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    answer.set_content(f"{_ANSWERS[habit]}\n\n{mailbox.name}\n\nOn your message “{subject}”.\n")
    return answer
