"""The parts of a report that are written for machines: what failed (RFC 3464), who complained (RFC 5965), what came back."""

import re
from collections.abc import Iterator

from nimbus.providers.incoming.charsets import decode_words
from nimbus.providers.incoming.headers import Headers, mailboxes
from nimbus.rules.parsed_mail import LONGEST_LINE, Failure, FeedbackReport, Returned

MOST_FAILURES = 20  # recipients of one report; a message of ours has one
_MOST_BYTES = 256 * 1024
_BLANK_LINES = re.compile(rb"(?:\r?\n|\r)[ \t]*(?:\r?\n|\r)+")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_UTF8_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_COMPLAINED_OF = ("x-hmxmroriginalrecipient",)  # Outlook.com's reports have no part for machines


def read_failures(data: bytes) -> tuple[str, tuple[Failure, ...]]:
    """Who reports, and each recipient's block. Blocks stay apart: a field never counts for another recipient."""
    blocks = list(_blocks(data))
    reporter = next(
        (_after_semicolon(each.words("reporting-mta")) for each in blocks if "reporting-mta" in each), ""
    )
    told = (_failure(each) for each in blocks if "final-recipient" in each or "original-recipient" in each)
    return reporter[:LONGEST_LINE], tuple(
        one for one, _ in zip(told, range(MOST_FAILURES), strict=False) if one.recipient
    )


def original_message_id(data: bytes) -> str:
    """The Message-ID of what failed, where the report itself names it."""
    return next(
        (ids[0] for each in _blocks(data) if (ids := each.message_ids("x-original-message-id", 1))), ""
    )


def read_feedback(data: bytes) -> FeedbackReport | None:
    """What a feedback loop's part says; None where it lacks its one needed field."""
    fields = Headers(data[:_MOST_BYTES].strip())
    kind = fields.words("feedback-type").lower()
    if not kind:
        return None
    incidents = fields.first("incidents")
    return FeedbackReport(
        feedback_type=kind,
        user_agent=fields.words("user-agent"),
        recipients=tuple(one.address for one in fields.mailboxes("original-rcpt-to", 20)),
        sender=next((one.address for one in fields.mailboxes("original-mail-from", 1)), ""),
        source_ip=fields.words("source-ip"),
        incidents=int(incidents) if incidents.isascii() and incidents.isdigit() and len(incidents) < 7 else 1,
    )


def complaint_in(returned: Headers) -> FeedbackReport | None:
    """A complaint that only the returned message shows, by a header that its receiver has put there."""
    for name in _COMPLAINED_OF:
        if name in returned:
            recipients = tuple(one.address for one in returned.mailboxes(name, 20))
            return FeedbackReport(feedback_type="abuse", recipients=recipients)
    return None


def read_returned(headers: Headers) -> Returned:
    """What identifies a message that came back."""
    return Returned(
        message_id=next(iter(headers.message_ids("message-id", 1)), ""),
        send_token=headers.first("x-nimbusos-send"),
        warmup_token=headers.first("x-nimbusos-warmup"),
        sender=next((one.address for one in headers.mailboxes("from", 1)), ""),
        recipients=tuple(one.address for one in headers.mailboxes("to", 20)),
        subject=headers.words("subject"),
    )


def _blocks(data: bytes) -> Iterator[Headers]:
    for block in _BLANK_LINES.split(data[:_MOST_BYTES].strip(), maxsplit=2 * MOST_FAILURES):
        if fields := Headers(block.strip(b"\r\n")):
            yield fields


def _failure(fields: Headers) -> Failure:
    final, original = _recipient(fields, "final-recipient"), _recipient(fields, "original-recipient")
    answer = _after_semicolon(fields.words("diagnostic-code"))
    status = _STATUS.search(fields.first("status"))
    return Failure(
        recipient=original or final,  # as it was written to; the final one may be where it is forwarded to
        final_recipient=final,
        action=re.split(r"[\s;(]", fields.words("action").lower(), maxsplit=1)[0],
        status=status[0] if status else "",
        answer=answer,
        remote_host=_after_semicolon(fields.words("remote-mta")).split(" ", 1)[0].strip("<>.").lower(),
    )


def _recipient(fields: Headers, name: str) -> str:
    """The address of "rfc822; ann@example.com", however it is written; X.400 ones and the like are none of ours."""
    value = _after_semicolon(decode_words(fields.first(name)))
    value = _UTF8_ESCAPE.sub(lambda found: _character(found[1]), value)
    return next((one.address for one in mailboxes(value)), "")


def _after_semicolon(value: str) -> str:
    """Without the word that says which kind of value it is."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and re.fullmatch(r"[\w.-]{1,30}", kind.strip()) else value.strip()


def _character(code: str) -> str:
    number = int(code, 16)
    return chr(number) if number < 0xD800 or 0xE000 <= number < 0x110000 else ""
