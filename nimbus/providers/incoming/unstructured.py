"""Bounces without a part for machines: our own reading of their words, and beside it a library that knows old systems."""

import email
import re
from email.message import Message as LibraryMessage
from email.utils import parseaddr

from flufl.bounce import all_failures

from nimbus.providers.incoming.charsets import to_text
from nimbus.providers.incoming.headers import Headers
from nimbus.providers.incoming.mime import Message
from nimbus.providers.incoming.reports import MOST_FAILURES
from nimbus.rules.bounce_text import Found, read
from nimbus.rules.bounce_words import DAEMON, DAEMON_NAME, SUBJECT
from nimbus.rules.parsed_mail import DeliveryReport, Failure, Mailbox

_ENOUGH = 6  # points; see _points
_READ_BY_LIBRARY = 64 * 1024  # bytes
_ANSWERING = re.compile(r"^\s*(?:re|aw|fwd?|wg|sv|vs|tr|rv|odp|antw)\s*[:：]", re.IGNORECASE)


def find_bounce(
    message: Message, text: str, sender: tuple[Mailbox, ...], to: tuple[str, ...]
) -> tuple[DeliveryReport | None, str]:
    """The report that a message is, if it is one, and the headers that came back in its words.

    to: the recipients of the message that came back in a part of its own.
    """
    headers = message.top.headers
    ours = {each.address for name in ("to", "delivered-to", "from") for each in headers.mailboxes(name, 20)}
    found = read(text, recipients=to, ours=ours - set(to))
    named = tuple(one.address for one in headers.mailboxes("x-failed-recipients", MOST_FAILURES))
    points = _points(message, sender, found) + (5 if named else 0)
    if points < _ENOUGH or not (found.has_phrase or found.has_code or named):
        return None, found.original
    return _report(message, found, named, to or found.recipients), found.original


def _report(message: Message, found: Found, named: tuple[str, ...], to: tuple[str, ...]) -> DeliveryReport:
    """Whom it is about: as the header says, or the words, as the library reads them, or whom the mail was for."""
    if named:
        return _listing("X-Failed-Recipients", named, found)
    if found.failures:
        return DeliveryReport(found_by="words", is_standard=False, failures=found.failures)
    temporary, permanent = _by_library(message)
    if temporary or permanent:
        return _listing("words of an old system", permanent or temporary, found)
    return _listing("the returned message", to[:1], found)


def _listing(how: str, addresses: tuple[str, ...], found: Found) -> DeliveryReport:
    known = {failure.recipient: failure for failure in found.failures}
    failures = (
        known.get(each) or Failure(recipient=each, action=found.action, answer=found.answer)
        for each in addresses
    )
    return DeliveryReport(found_by=how, is_standard=False, failures=tuple(failures))


def _points(message: Message, sender: tuple[Mailbox, ...], found: Found) -> int:
    """How much speaks for a bounce: who it is from, how it calls itself, what it says and brings back."""
    headers = message.top.headers
    subject = headers.words("subject")
    return (
        3 * is_daemon(sender)
        + 2 * has_null_path(headers)
        + 3 * (SUBJECT.match(subject) is not None)
        + 3 * (message.top.kind == "multipart/report")
        + 2 * bool(found.original)
        + 2 * any(part.kind in {"message/rfc822", "text/rfc822-headers"} for part in message.parts)
        + 2 * found.has_code
        + 2 * found.has_phrase
        + (headers.first("auto-submitted").lower().startswith("auto-"))
        - 6 * (_ANSWERING.match(subject) is not None)
        - 3 * ("list-id" in headers or "list-unsubscribe" in headers)
    )


def is_daemon(sender: tuple[Mailbox, ...]) -> bool:
    """Whether a mail system wrote it, by its name."""
    return any(DAEMON.fullmatch(one.address) or DAEMON_NAME.search(one.name) for one in sender[:1])


def has_null_path(headers: Headers) -> bool:
    """Whether nobody is to answer it: the mark of every report."""
    return "return-path" in headers and headers.first("return-path").strip(" <>\t") == ""


def _by_library(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses that flufl.bounce finds: for now, and for good."""
    parsed: LibraryMessage = email.message_from_bytes(message.top.raw[:_READ_BY_LIBRARY])
    try:
        temporary, permanent = all_failures(parsed)
    except Exception:  # noqa: BLE001 - it was not written for what strangers send
        return (), ()
    return _sorted(temporary), _sorted(permanent)


def _sorted(addresses: frozenset[bytes | str]) -> tuple[str, ...]:
    texts = (each if isinstance(each, str) else to_text(each) for each in addresses)
    return tuple(
        sorted(address.lower() for each in texts if (address := parseaddr(each)[1]) and "@" in address)
    )
