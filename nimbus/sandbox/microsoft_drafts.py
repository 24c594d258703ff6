"""Messages that Exchange writes itself: from Graph's JSON, and as an answer to another; and drafts rewritten."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any

from nimbus.sandbox.messages import header
from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_graph import Call
from nimbus.sandbox.microsoft_mail import new_message_id
from nimbus.sandbox.microsoft_shapes import parse
from nimbus.sandbox.world import Stored

_PEOPLE = {"toRecipients": "To", "ccRecipients": "Cc", "bccRecipients": "Bcc", "replyTo": "Reply-To"}
_CUSTOM_HEADERS = 5  # that a message in JSON may carry


def compose(call: Call, wishes: dict[str, Any], answered: Stored | None = None) -> bytes:
    """A message of this mailbox as the JSON wishes it; an answer goes to its sender and says what it follows."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = formataddr((call.mailbox.name, call.mailbox.address))
    letter["Date"] = format_datetime(call.world.clock.now())
    letter["Message-ID"] = new_message_id()
    if answered is not None:
        _follow(letter, answered)
    letter.set_content("")
    _apply(letter, wishes)
    for name, value in _custom_headers(wishes):
        letter[name] = value
    return letter.as_bytes()


def rewrite(stored: Stored, wishes: dict[str, Any]) -> None:
    """Change a draft: the one kind of message whose bytes change while it lies there."""
    letter = parse(stored.raw)
    _apply(letter, wishes)
    stored.raw = letter.as_bytes(policy=SMTP)
    vars(stored).pop("headers", None)  # those were read from the bytes before


def _follow(letter: EmailMessage, answered: Stored) -> None:
    headers, subject = answered.headers, str(parse(answered.raw).get("Subject", ""))
    letter["To"] = header(headers, "Reply-To") or header(headers, "From")
    letter["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    letter["In-Reply-To"] = answered.message_id
    letter["References"] = f"{header(headers, 'References')} {answered.message_id}".strip()


def _apply(letter: EmailMessage, wishes: dict[str, Any]) -> None:
    """Set what the JSON names, and leave the rest; refused when it is not of the documented form."""
    try:
        for name in _PEOPLE.keys() & wishes.keys():
            _replace(letter, _PEOPLE[name], ", ".join(map(_person, wishes[name])))
        if "subject" in wishes:
            _replace(letter, "Subject", " ".join(wishes["subject"].split()))
        if "body" in wishes:
            kind = wishes["body"].get("contentType", "text").lower()
            letter.set_content(wishes["body"]["content"], subtype="html" if kind == "html" else "plain")
    except (AttributeError, KeyError, TypeError, ValueError):
        raise GraphRefused("RequestBodyRead") from None


def _replace(letter: EmailMessage, name: str, value: str) -> None:
    del letter[name]
    if value:
        letter[name] = value


def _person(given: dict[str, Any]) -> str:
    who = given["emailAddress"]
    return formataddr((who.get("name") or "", who["address"]))


def _custom_headers(wishes: dict[str, Any]) -> list[tuple[str, str]]:
    """The headers that JSON may add: x-… and few, so that nothing which threads or unsubscribes gets through."""
    try:
        headers = [
            (str(each["name"]), str(each["value"])) for each in wishes.get("internetMessageHeaders", [])
        ]
    except (KeyError, TypeError):
        raise GraphRefused("RequestBodyRead") from None
    for name, _ in headers:
        if not name.lower().startswith("x-"):
            message = f"The internet message header name '{name}' should start with 'x-' or 'X-'."
            raise GraphRefused("InvalidInternetMessageHeader", message)
    if len(headers) > _CUSTOM_HEADERS:
        raise GraphRefused("InvalidInternetMessageHeaderCollection", "Maximum number of headers is exceeded.")
    return headers
