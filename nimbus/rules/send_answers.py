"""What the answer to a message means, what follows from it, when it is tried again, and how it is said."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice, repeat

from nimbus.rules.mail_hosts import mail_host
from nimbus.rules.send_answer_kinds import Category, Effect, Stage
from nimbus.rules.send_answer_table import AT_MAIL, TABLE
from nimbus.rules.send_answer_texts import SENTENCES, SUPPRESSED_BECAUSE
from nimbus.rules.send_state import GIVEN_UP_AFTER

__all__ = [
    "EFFECTS",
    "INBOX_WAITS",
    "SIGN_IN_TRIES",
    "SUPPRESSING",
    "Category",
    "Effect",
    "Stage",
    "api_pause",
    "classify",
    "judge",
    "retry_at",
    "sentence",
]

EFFECTS: dict[Category, Effect] = {
    Category.HARD_INVALID: Effect.PERMANENT,
    Category.HARD_DOMAIN: Effect.PERMANENT,
    Category.BLOCK_REPUTATION: Effect.BLOCKED,
    Category.BLOCK_CONTENT: Effect.BLOCKED,
    Category.BLOCK_POLICY: Effect.BLOCKED,
    Category.BLOCK_AUTH: Effect.BLOCKED,
    Category.SOFT_FULL: Effect.RETRY,
    Category.SOFT_TEMP: Effect.RETRY,
    Category.THROTTLE: Effect.WAIT,
    Category.PROVIDER_LIMIT: Effect.WAIT,
    Category.AUTH_LOGIN: Effect.SIGN_IN,
    Category.SUSPENDED: Effect.WAIT,
    Category.SIZE_OR_FORMAT: Effect.PERMANENT,
    Category.EXPIRED: Effect.RETRY,  # soft like the others, only that its time is over
    Category.UNKNOWN: Effect.PERMANENT,
    Category.CONNECTION: Effect.RETRY,
    Category.SUPPRESSED: Effect.PERMANENT,
    Category.ACCOUNT_REMOVED: Effect.PERMANENT,
    Category.STOPPED: Effect.PERMANENT,
    Category.BAD_ADDRESS: Effect.PERMANENT,
    Category.SIGN_IN_LOST: Effect.SIGN_IN,
    Category.APP_WRONG: Effect.RETRY,
    Category.MAILBOX_FULL: Effect.WAIT,
}
SUPPRESSING = frozenset({Category.HARD_INVALID})  # at once; a dead domain only once the next day confirms it
SIGN_IN_TRIES = 3  # the third refusal in a row marks the connection (`deliverability.md` 6)

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# How long the inbox waits: the first step of each ladder of `deliverability.md` 6. A suspension waits for a person,
# and a day at least.
INBOX_WAITS = {
    Category.THROTTLE: 15 * _MINUTE,
    Category.PROVIDER_LIMIT: _DAY,
    Category.SUSPENDED: _DAY,
    Category.MAILBOX_FULL: 6 * _HOUR,
}

# The pauses after the first, second, … refusal (`deliverability.md` 11.2, for connections 6). After the last one of
# these the message is given up.
_ENDING = {
    Category.SOFT_FULL: (23 * _HOUR,) * 3,  # 11.2 says three times over 72 h: the third has to fit in
    Category.SOFT_TEMP: (15 * _MINUTE, _HOUR, 4 * _HOUR, _DAY),
}
# Of these the last one is repeated for as long as a message may be tried: no recipient is to blame.
_GOING_ON = {
    Category.CONNECTION: (5 * _MINUTE, 15 * _MINUTE, 45 * _MINUTE, 135 * _MINUTE, 6 * _HOUR),
    Category.AUTH_LOGIN: (_MINUTE, 5 * _MINUTE, 15 * _MINUTE),
    Category.SIGN_IN_LOST: (15 * _MINUTE,),  # until a person has connected the inbox again
    Category.APP_WRONG: (5 * _MINUTE, 15 * _MINUTE, 45 * _MINUTE),
    **{category: (wait,) for category, wait in INBOX_WAITS.items()},
}

READ_AT_MOST = 500  # characters: real answers say it earlier, and a hostile one must not keep a worker busy
_ADDRESS_OR_URL = re.compile(r"https?://\S+|[^\s<>@:;,]+@[^\s<>@:;,]+", re.IGNORECASE)
_REPLY = re.compile(r"([45])\d\d(?!\d)")
_ENHANCED = re.compile(r"(?<![\d.])[45]\.(\d\.\d{1,3})(?!\.?\d)")


def classify(answer: str, stage: Stage, *, host: str = "") -> Category:
    """What a refusal means.

    answer: "550 5.1.1 text" on one line; anything that is no 4xx or 5xx reply, as the empty text of a network
    failure, is a failure of the connection. host: the server that answered.
    """
    return judge(answer, stage, host=host)[0]


def judge(answer: str, stage: Stage, *, host: str = "") -> tuple[Category, str]:
    """The same, with the code and the words in the answer that decided; they are empty where there was no answer."""
    reply = _REPLY.match(answer)
    if reply is None:
        return Category.CONNECTION, ""
    plain, whose = _normalised(answer, reply), mail_host(host)
    category, telling = next(
        (row.category, match[0])
        for row in TABLE
        if stage in row.stages and row.at in {None, whose} and (match := row.pattern.search(plain))
    )
    return (AT_MAIL.get(category, category) if stage is Stage.MAIL else category), telling


def retry_at(
    category: Category, attempts: int, now: datetime, *, since: datetime | None = None
) -> datetime | None:
    """When a message that was refused comes again; None: no more.

    attempts: how many were made, this one included (at least 1). since: when it was first tried. Without it the
    pauses alone are added up; with it they end 72 hours later in any case.
    """
    pauses = list(islice(_pauses(category), attempts))
    if len(pauses) < attempts:
        return None
    begun = since if since is not None else now - sum(pauses[:-1], timedelta())
    again = now + pauses[-1]
    return again if again - begun <= GIVEN_UP_AFTER else None


def api_pause(attempts: int) -> timedelta:
    """How long an inbox keeps still that an API has asked to slow down without saying how long: 1 min, doubled to 15."""
    return min(INBOX_WAITS[Category.THROTTLE], _MINUTE * (1 << min(attempts - 1, 4)))


def sentence(
    category: Category,
    *,
    recipient: str = "the recipient",
    host: str = "the mail server",
    suppressed_for: str | None = None,
) -> str:
    """What a category is called for a person, with the next step; it never quotes the server.

    suppressed_for: the reason of the recipient's suppression, as its row has it.
    """
    because = SUPPRESSED_BECAUSE.get(suppressed_for, "it bounced, complained or asked for that")
    said = SENTENCES[category].format(recipient=recipient, host=host, because=because)
    return f"T{said[1:]}" if said.startswith("the ") else said


def _normalised(answer: str, reply: re.Match[str]) -> str:
    """The answer with its enhanced code in front, in the reply's class, and without addresses and URLs."""
    text = _ADDRESS_OR_URL.sub("", answer[reply.end() : READ_AT_MOST])
    enhanced = _ENHANCED.search(text)
    code = f"{reply[1]}.{enhanced[1]}" if enhanced else ""
    words = _ENHANCED.sub("", text, count=1).split()
    return " ".join(filter(None, [reply[0], code, *words]))


def _pauses(category: Category) -> Iterator[timedelta]:
    if category in _GOING_ON:
        return chain(_GOING_ON[category], repeat(_GOING_ON[category][-1]))
    return chain(_ENDING.get(category, ()))
