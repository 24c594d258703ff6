"""Answering in a conversation: from its own inbox, to whoever wrote last, so that mail programs put it in its place."""

import re
from contextlib import suppress

from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import Incoming
from nimbus.models.reply_queries import find_thread, last_written
from nimbus.services.asker import Asker
from nimbus.services.keep_threads import NoSuchThread, SomethingNew, set_done
from nimbus.services.queue_send import LONGEST_SUBJECT, write_message

_AGAIN = re.compile(r"(?:re|aw|sv|rv|antw)\s*:", re.IGNORECASE)
_ID = re.compile(r"<[!-;=?-~]{1,250}>")  # in ASCII: others cannot stand in a header


class NobodyToAnswer(NimbusError):
    """Whoever wrote in this conversation left no address."""

    def __init__(self) -> None:
        super().__init__("The last message names no sender, so nobody can be answered.")


def answer_thread(asker: Asker, thread_id: int, body: str, *, key: str, seen: int | None = None) -> int:
    """Send an answer within a conversation, which is done with that; the message's id. The same key is the same answer.

    `seen`: the newest message that they saw who answer; with one that came after it, the conversation stays open.
    Raises NoSuchThread, NobodyToAnswer, and what `write_message` raises: the recipient may be suppressed by now.
    """
    try:
        found = find_thread(db.session(), asker.workspace_id, thread_id)
        if found is None:
            raise NoSuchThread
        newest = last_written(db.session(), asker.workspace_id, thread_id)
        account_id, newest_id = found.thread.account_id, found.thread.last_id
        to, subject = newest.sender if newest else found.thread.address, answer_subject(found.thread.subject)
        names = _names(newest)
    finally:
        db.session.rollback()
    if not to:
        raise NobodyToAnswer
    send_id = write_message(asker, account_id, to=to, subject=subject, body=body, key=key, headers=names)
    with suppress(SomethingNew):
        set_done(asker, thread_id, done=True, seen=seen or newest_id)
    return send_id


def answer_subject(subject: str) -> str:
    """The subject of an answer to a message with this one."""
    return (subject if _AGAIN.match(subject) else f"Re: {subject}".rstrip())[:LONGEST_SUBJECT]


def _names(came: Incoming | None) -> dict[str, str]:
    """The headers that say what is answered; none where that has no id which can be written."""
    if came is None or not came.message_id or not _ID.fullmatch(came.message_id):
        return {}
    before = came.refers_to or [came.in_reply_to or ""]  # RFC 5322, 3.6.4
    chain = [name for name in (*before, came.message_id) if _ID.fullmatch(name)]
    return {"In-Reply-To": came.message_id, "References": " ".join(chain)}
