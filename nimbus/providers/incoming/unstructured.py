"""Bounces without a part for machines: our own reading of their words, and beside it a library that knows old systems."""

import email
import logging
import re
from email.message import Message as LibraryMessage
from email.utils import parseaddr
from typing import NamedTuple

from flufl.bounce import all_failures

from nimbus.providers.incoming.charsets import to_text
from nimbus.providers.incoming.headers import Headers
from nimbus.providers.incoming.mime import Message
from nimbus.providers.incoming.reports import MOST_FAILURES
from nimbus.rules.auto_replies import is_called_automatic
from nimbus.rules.bounce_text import Found, read
from nimbus.rules.bounce_words import DAEMON, DAEMON_NAME, SUBJECT
from nimbus.rules.parsed_mail import DeliveryReport, Failure, Mailbox

logging.getLogger("flufl.bounce").disabled = True  # what strangers send is nothing for a log
_ENOUGH, _ENOUGH_UNCALLED = 6, 9  # points; without a name of a bounce more has to speak for it
_READ_BY_LIBRARY = 64 * 1024  # bytes
_ANSWERING = re.compile(r"^\s*(?:re|aw|fwd?|wg|sv|vs|tr|rv|odp|antw)\s*[:：]", re.IGNORECASE)


class Old(NamedTuple):
    """What the library finds in the words of old systems."""

    addresses: tuple[str, ...] = ()
    action: str = ""


class Whom(NamedTuple):
    """Whom a header names, and for whom the message was that came back in a part of its own."""

    named: tuple[str, ...]
    to: tuple[str, ...]


def find_bounce(
    message: Message, text: str, sender: tuple[Mailbox, ...], to: tuple[str, ...]
) -> tuple[DeliveryReport | None, str]:
    """The report that a message is, if it is one, and the headers that came back in its words.

    to: the recipients of the message that came back in a part of its own.
    """
    headers = message.top.headers
    if not _may_be_one(headers, sender):
        return None, ""
    ours = {each.address for name in ("to", "delivered-to", "from") for each in headers.mailboxes(name, 20)}
    found = read(text, recipients=to, ours=ours - set(to))
    named = tuple(one.address for one in headers.mailboxes("x-failed-recipients", MOST_FAILURES))
    may_be_old = not (named or found.failures) and _is_called_one(headers)
    old = _by_library(message) if may_be_old else Old()
    points = _points(message, found) + 5 * bool(named) + 3 * bool(old.addresses)
    enough = _ENOUGH if named or _is_called_one(headers) else _ENOUGH_UNCALLED
    came_back = to or found.original
    says_so = found.has_phrase or found.has_code or named or old.addresses
    if points < enough or not (says_so or (is_daemon(headers) and has_null_path(headers) and came_back)):
        return None, found.original
    return _report(headers, found, Whom(named, to), old), found.original


def _report(headers: Headers, found: Found, whom: Whom, old: Old) -> DeliveryReport | None:
    """Whom it is about: as a header says, or the words, as the library reads them, or whom the mail was for.

    None where only guesses are left and the mail is not even called a bounce.
    """
    if whom.named:
        return _listing("X-Failed-Recipients", whom.named, found)
    if found.failures:
        return DeliveryReport(found_by="words", is_standard=False, failures=found.failures)
    if old.addresses:
        return _listing("the words of an old system", old.addresses, found, old.action)
    if went_to := (whom.to or found.recipients)[:1]:
        return _listing("the returned message", went_to, found)
    is_one = _is_titled_one(headers) and (found.likely or has_null_path(headers))
    return _listing("words", (found.likely,), found) if is_one else None


def _may_be_one(headers: Headers, sender: tuple[Mailbox, ...]) -> bool:
    """Whether it is worth a closer look: nearly all mail is not."""
    subject = headers.words("subject")
    return not (_ANSWERING.match(subject) or is_called_automatic(subject)) and (
        _is_called_one(headers) or has_null_path(headers) or "x-failed-recipients" in headers or not sender
    )


def _is_called_one(headers: Headers) -> bool:
    return is_daemon(headers) or _is_titled_one(headers)


def _is_titled_one(headers: Headers) -> bool:
    return (
        "x-ms-exchange-message-is-ndr" in headers
        or SUBJECT.match(headers.words("subject")) is not None
        or headers.parameters("content-type")[0] == "multipart/report"
    )


def _listing(how: str, addresses: tuple[str, ...], found: Found, action: str = "") -> DeliveryReport:
    known = {failure.recipient: failure for failure in found.failures}
    failures = (
        known.get(each) or Failure(recipient=each, action=action or found.action, answer=found.answer)
        for each in addresses
    )
    return DeliveryReport(found_by=how, is_standard=False, failures=tuple(failures))


def _points(message: Message, found: Found) -> int:
    """How much speaks for a bounce: who it is from, how it calls itself, what it says and brings back."""
    headers = message.top.headers
    from_daemon = is_daemon(headers)
    return (
        3 * from_daemon
        + 2 * has_null_path(headers)
        + 3 * (SUBJECT.match(headers.words("subject")) is not None)
        + 3 * (message.top.kind == "multipart/report")
        + 2 * bool(found.original)
        + 2 * any(part.kind in {"message/rfc822", "text/rfc822-headers"} for part in message.parts)
        + 2 * found.has_code
        + 2 * found.has_phrase
        + 2 * bool(found.failures)
        + headers.first("auto-submitted").lower().startswith("auto-")
        - 3 * (not from_daemon and ("list-id" in headers or "list-unsubscribe" in headers))
    )


def is_daemon(headers: Headers) -> bool:
    """Whether a mail system wrote it, by its name or its address."""
    author = headers.words("from") or headers.words("sender")
    first = next(iter(headers.mailboxes("from", 1)), None)
    return DAEMON_NAME.search(author) is not None or (
        first is not None and DAEMON.fullmatch(first.address) is not None
    )


def is_passed_on(headers: Headers) -> bool:
    """Whether a person has sent it on, or answers it: what lies in it is about mail of theirs."""
    is_a_persons = not (is_daemon(headers) or has_null_path(headers))
    return is_a_persons and _ANSWERING.match(headers.words("subject")) is not None


def has_null_path(headers: Headers) -> bool:
    """Whether nobody is to answer it, the mark of every report; or only a mail system, as some servers write it."""
    path = headers.first("return-path").strip(" <>\t")
    return "return-path" in headers and (not path or DAEMON.fullmatch(path) is not None)


def _by_library(message: Message) -> Old:
    parsed: LibraryMessage = email.message_from_bytes(message.top.raw[:_READ_BY_LIBRARY])
    if "from" not in parsed:
        parsed["From"] = "postmaster@invalid"  # one of its detectors gives all of them up without it
    try:
        temporary, permanent = all_failures(parsed)
    except Exception:  # noqa: BLE001 - it was not written for what strangers send
        return Old()
    failed = _sorted(permanent)
    return Old(failed, "failed") if failed else Old(_sorted(temporary), "delayed")


def _sorted(addresses: frozenset[bytes | str]) -> tuple[str, ...]:
    texts = (each if isinstance(each, str) else to_text(each) for each in addresses)
    return tuple(
        sorted(address.lower() for each in texts if (address := parseaddr(each)[1]) and "@" in address)
    )
