"""What the answers of Google's and Microsoft's interfaces have in common: kinds of refusal, and what each leads to.

The tables are gmail_answers.py and graph_answers.py; the vocabulary is that of `providers.md` 0.3.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import NamedTuple

from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.send_answer_kinds import Category


class Kind(StrEnum):
    """What an interface refused."""

    SIGN_IN = "sign_in"  # the access token; asked for again once, then the grant is over
    SIGN_IN_POLICY = "sign_in_policy"  # the same, with a policy behind it that only the person can meet
    SCOPE_MISSING = "scope_missing"
    APP_WRONG = "app_wrong"
    NO_MAILBOX = "no_mailbox"
    THROTTLED = "throttled"
    DAILY_CAP = "daily_cap"
    SENDER_BLOCKED = "sender_blocked"
    MAILBOX_FULL = "mailbox_full"  # the sender's own
    RECIPIENT = "recipient"
    MESSAGE = "message"
    SENDER = "sender"  # another From than this mailbox may use
    NOT_FOUND = "not_found"
    SYNC_RESET = "sync_reset"
    BUSY = "busy"  # a fault of theirs, in the middle of something
    UNEXPLAINED = "unexplained"
    NO_ANSWER = "no_answer"  # something that is not the interface has answered


class ApiError(NamedTuple):
    """An answer that is no success. `code`: its own name for what is wrong, empty without one; `wait`: Retry-After."""

    status: int
    code: str = ""
    message: str = ""
    wait: str = ""
    asks_person: bool = False  # continuous access evaluation wants more than a new token


class Refusal(NamedTuple):
    """What a refusal of a message means; `ending` where the inbox's sign-in is what was refused."""

    category: Category
    ending: GrantEnding | None = None
    retry_after: datetime | None = None


_REFUSALS = {
    Kind.SIGN_IN: Refusal(Category.SIGN_IN_LOST, GrantEnding.REVOKED),
    Kind.SIGN_IN_POLICY: Refusal(Category.SIGN_IN_LOST, GrantEnding.INTERACTION),
    Kind.SCOPE_MISSING: Refusal(Category.SIGN_IN_LOST, GrantEnding.SCOPE_MISSING),
    Kind.APP_WRONG: Refusal(Category.APP_WRONG, GrantEnding.APP_WRONG),
    Kind.NO_MAILBOX: Refusal(Category.SUSPENDED, GrantEnding.NO_MAILBOX),
    Kind.THROTTLED: Refusal(Category.THROTTLE),
    Kind.DAILY_CAP: Refusal(Category.PROVIDER_LIMIT),
    Kind.SENDER_BLOCKED: Refusal(Category.SUSPENDED),
    Kind.MAILBOX_FULL: Refusal(Category.MAILBOX_FULL),
    Kind.RECIPIENT: Refusal(Category.BAD_ADDRESS),
    Kind.MESSAGE: Refusal(Category.SIZE_OR_FORMAT),
    Kind.SENDER: Refusal(Category.BLOCK_POLICY),
    Kind.NOT_FOUND: Refusal(Category.SOFT_TEMP),
    Kind.SYNC_RESET: Refusal(Category.SOFT_TEMP),
    Kind.UNEXPLAINED: Refusal(Category.SOFT_TEMP),  # nobody knows that it is about the message
    Kind.NO_ANSWER: Refusal(Category.CONNECTION),
}
_ENDINGS = {kind: refusal.ending or GrantEnding.UNAVAILABLE for kind, refusal in _REFUSALS.items()} | {
    Kind.BUSY: GrantEnding.UNAVAILABLE
}
_HOURS_AT_MOST = 48  # a moment further ahead than that is a slip, not a promise


def send_refusal(kind: Kind, retry_after: datetime | None = None) -> Refusal | None:
    """What a refused message comes to; None when the provider may have taken it all the same."""
    refusal = _REFUSALS.get(kind)
    waits = kind in {Kind.THROTTLED, Kind.DAILY_CAP, Kind.MAILBOX_FULL}
    return refusal._replace(retry_after=retry_after) if refusal and waits else refusal


def read_ending(kind: Kind) -> GrantEnding:
    """What a refused look-up says about the grant it was made with."""
    return _ENDINGS[kind]


def by_status(status: int) -> Kind:
    """What a status alone says, of an answer in the interface's own shape."""
    if status >= 500:
        return Kind.BUSY
    return _BY_STATUS.get(status, Kind.UNEXPLAINED)


_BY_STATUS = {
    400: Kind.MESSAGE,
    401: Kind.SIGN_IN,
    404: Kind.NOT_FOUND,
    413: Kind.MESSAGE,
    429: Kind.THROTTLED,
}
_DIGITS = re.compile(r"\d{1,6}")


def header_moment(wait: str, now: datetime) -> datetime | None:
    """The moment that a Retry-After header names, in seconds or as a date; None when it names none, or a silly one."""
    if _DIGITS.fullmatch(wait):
        return sane_moment(now + timedelta(seconds=int(wait)), now)
    try:
        moment = parsedate_to_datetime(wait)
    except ValueError:
        return None
    return sane_moment(moment if moment.tzinfo else moment.replace(tzinfo=UTC), now)


def sane_moment(moment: datetime, now: datetime) -> datetime | None:
    """The moment, unless it is past or further ahead than two days."""
    return moment if now < moment <= now + timedelta(hours=_HOURS_AT_MOST) else None
