"""Accepting a message: from the commit on it is a row that ends in one of the states that `rules/send_state.py` names."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.errors import NimbusError
from nimbus.models import EmailAccountHealth, Send, Suppression
from nimbus.models.base import table_of
from nimbus.rules.audit import Action
from nimbus.rules.send_answers import Category, sentence
from nimbus.rules.send_state import SendKind, SendState
from nimbus.rules.sizes import in_words
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.live_place import refuse_copies
from nimbus.services.send_timeline import line_now

LONGEST_SUBJECT = 255  # characters
LARGEST_BODY = 1_000_000  # bytes of UTF-8
_INVISIBLE = frozenset(
    {"Cc", "Cs", "Zl", "Zp"}
)  # control characters, halves of others, line and paragraph ends
# What no text may hold (Cc and Cs, but for line ends and tabs): looked for at once, not character by character.
_UNSENDABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class MessageRefused(NimbusError):
    """The message cannot be sent as it is. `field` is where it must be changed: recipient, subject or body."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


class InboxGone(NimbusError):
    """There is no connected inbox with this id in this workspace."""

    def __init__(self) -> None:
        super().__init__("This inbox no longer exists.")


class AlreadySent(NimbusError):
    """A message with this key was accepted before, and it was another one."""

    def __init__(self) -> None:
        super().__init__(
            "This page has sent a message already, and it was not this one. Open it again to write another."
        )


def write_message(
    asker: Asker,
    account_id: int,
    *,
    to: str,
    subject: str,
    body: str,
    key: str,
    headers: Mapping[str, str] | None = None,
) -> int:
    """Accept what a person wrote; its id. The same key again gives the same message. `headers`: what it answers.

    Raises MessageRefused, InboxGone, AlreadySent, or SendsNothing in a copy that nobody confirmed.
    """
    words = {"subject": subject, "body": body, "headers": dict(headers or {}) or None}
    return _accept(asker, account_id, SendKind.MANUAL, to, words=words, key=key)


def send_test(asker: Asker, account_id: int, *, key: str) -> int:
    """Accept a short message from an inbox to itself; its id. Raises as `write_message` does."""
    body = (
        f"{asker.name} sent this from NimbusOS to see that this inbox sends.\n\n"
        "It left like every other message of this inbox. You may delete it.\n"
    )
    words = {"subject": "A test message from NimbusOS", "body": body}
    return _accept(asker, account_id, SendKind.TEST, None, words=words, key=key)


def queue_send(  # noqa: PLR0913 - everything that makes a message, and all by name
    session: Session,
    *,
    workspace_id: int,
    account_id: int,
    kind: SendKind,
    recipient: str,
    subject: str,
    body: str,
    key: str,
    asked_by: int | None = None,
    due_at: datetime | None = None,
) -> int:
    """Put a message into the queue within the caller's transaction, due now unless told otherwise; its id.

    key: at most 64 characters; asked again with the same key, it is the same message. Raises MessageRefused with a
    sentence for whoever wrote it, InboxGone, or AlreadySent when the key was used for another message.
    """
    message = {
        "workspace_id": workspace_id,
        "account_id": account_id,
        "kind": kind,
        "key": key,
        "recipient": checked_recipient(recipient),
        "subject": checked_subject(subject),
        "body": checked_body(body),
    }
    inbox_address(session, workspace_id, account_id)
    return _put(session, message, asked_by=asked_by, due_at=due_at).id


class _Put(NamedTuple):
    id: int
    is_new: bool


def _put(
    session: Session, message: dict[str, Any], *, asked_by: int | None, due_at: datetime | None = None
) -> _Put:
    """The row of a message whose words are checked: a new one, or that of the same message asked for before."""
    moment = now()
    said = why_suppressed(session, message["workspace_id"], message["recipient"])
    if said is not None and _find(session, message) is None:
        raise MessageRefused("recipient", said)
    row = message | {
        "asked_by": asked_by,
        "state": SendState.QUEUED,
        "created_at": moment,
        "due_at": due_at or moment,
        "attempts": 0,
        "looks": 0,
        "timeline": [line_now(SendState.QUEUED, "The message waits for its turn.")],
    }
    new_id = session.scalar(_putting(dialect_of(session)), row)
    if new_id is None and (earlier := _find(session, message)) is not None:
        if any(getattr(earlier, name) != message[name] for name in _SAME):
            raise AlreadySent
        return _Put(earlier.id, is_new=False)
    ring_after_commit(session, queues.SERVE_INBOX, message["workspace_id"], message["account_id"])
    return _Put(int(new_id), is_new=True)


def _accept(
    asker: Asker,
    account_id: int,
    kind: SendKind,
    to: str | None,
    *,
    words: Mapping[str, Any],
    key: str,
) -> int:
    """`to` is None for the inbox itself; words: subject, body, and maybe headers."""
    refuse_copies()
    # Of this person and this inbox: no key that somebody makes up meets one of anybody else's.
    own_key = sha256(f"{kind}:{asker.user_id}:{account_id}:{key}".encode()).hexdigest()
    with transaction() as session:
        address = inbox_address(session, asker.workspace_id, account_id)
        message = {
            "workspace_id": asker.workspace_id,
            "account_id": account_id,
            "kind": kind,
            "key": own_key,
            "recipient": address if to is None else checked_recipient(to),
            "headers": words.get("headers"),
            "subject": checked_subject(words["subject"]),
            "body": checked_body(words["body"]),
        }
        put = _put(session, message, asked_by=asker.user_id)
        if put.is_new:
            record(
                session,
                Action.MESSAGE_WRITTEN,
                workspace_id=asker.workspace_id,
                asker=asker,
                on=Object("email_account", account_id, address),
                to=message["recipient"],
            )
    return put.id


_SENDS, _SUPPRESSIONS = table_of(Send), table_of(Suppression)
_SAME = ("kind", "recipient", "subject", "body")  # not its inbox: it may have been moved since
_EARLIER = sa.select(_SENDS.c.id, *(_SENDS.c[name] for name in _SAME)).where(
    _SENDS.c.workspace_id == sa.bindparam("workspace_id"), _SENDS.c.key == sa.bindparam("key")
)
_SUPPRESSED_FOR = sa.select(_SUPPRESSIONS.c.reason).where(
    _SUPPRESSIONS.c.workspace_id == sa.bindparam("workspace_id"),
    _SUPPRESSIONS.c.email == sa.bindparam("email"),
)


@cache
def _putting(dialect: str) -> sa.Executable:
    put = insert_or(Send, dialect)
    return put.on_conflict_do_nothing(index_elements=["workspace_id", "key"]).returning(_SENDS.c.id)


def _find(session: Session, message: dict[str, Any]) -> sa.Row[Any] | None:
    return session.execute(_EARLIER, message).one_or_none()


def why_suppressed(session: Session, workspace_id: int, recipient: str) -> str | None:
    """Why this workspace sends nothing to an address any more, in a sentence; None where it does."""
    asked = {"workspace_id": workspace_id, "email": recipient.lower()}
    suppressed_for = session.scalar(_SUPPRESSED_FOR, asked)
    if suppressed_for is None:
        return None
    return sentence(Category.SUPPRESSED, recipient=recipient, suppressed_for=suppressed_for)


def inbox_address(session: Session, workspace_id: int, account_id: int) -> str:
    """The address of a connected inbox of this workspace; raises InboxGone for any other id."""
    address = session.scalar(
        sa.select(EmailAccountHealth.email).where(
            EmailAccountHealth.workspace_id == workspace_id,
            EmailAccountHealth.id == account_id,
            EmailAccountHealth.removed_at.is_(None),
        )
    )
    if address is None:
        raise InboxGone
    return address


def checked_recipient(text: str) -> str:
    """The address, its domain in ASCII and lower case; what stands before the @ is the recipient's own business.

    Raises MessageRefused.
    """
    text = text.strip()
    if not text:
        raise MessageRefused("recipient", "Enter the address that the message goes to.")
    if (count := text.count("@")) > 1:
        raise MessageRefused(
            "recipient",
            f"A message goes to one address, and these look like {count:,}. Write to each by itself.",
        )
    from email_validator import EmailNotValidError, validate_email  # workers never read what a person typed

    try:
        # Mail systems of one's own may use names that the public DNS does not know.
        found = validate_email(
            text, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError:
        raise MessageRefused(
            "recipient",
            "Enter an address like ava@example.com: a name, an @ and the domain of a mail server.",
        ) from None
    return f"{found.local_part}@{found.ascii_domain}"


def checked_subject(text: str) -> str:
    """The subject on one line, 255 characters at most; raises MessageRefused."""
    text = text.strip(" ")
    if any(unicodedata.category(character) in _INVISIBLE for character in text):
        raise MessageRefused(
            "subject",
            "The subject holds a line break or another character that cannot be seen. Type it on one line.",
        )
    if len(text) > LONGEST_SUBJECT:
        raise MessageRefused(
            "subject", f"The subject has {len(text):,} characters. Use {LONGEST_SUBJECT} or fewer."
        )
    return text


def checked_body(text: str) -> str:
    """The text with plain line ends; raises MessageRefused for one that is empty, too large or cannot be sent."""
    size = len(text.encode("utf-8", "replace"))
    if size > LARGEST_BODY:
        raise MessageRefused(
            "body",
            f"The text is {in_words(size)}, and a message may have {in_words(LARGEST_BODY)}. "
            "Put what is longer where it can be linked to.",
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise MessageRefused("body", "Write something: the text is empty.")
    if _UNSENDABLE.search(text):
        raise MessageRefused(
            "body",
            "The text holds characters that cannot be sent, such as NUL. Paste it again as plain text.",
        )
    return text
