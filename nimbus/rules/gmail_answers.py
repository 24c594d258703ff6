"""The table of Gmail's refusals (`providers.md` 1.9)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from nimbus.rules.api_answers import (
    ApiError,
    Kind,
    Refusal,
    by_status,
    header_moment,
    sane_moment,
    send_refusal,
)
from nimbus.rules.json_values import member, members, text


class Row(NamedTuple):
    """An error of this status and reason, whose message has this pattern, is of this kind."""

    status: int
    reason: str
    kind: Kind
    pattern: str = ""


TABLE = (
    Row(400, "invalidArgument", Kind.RECIPIENT, r"recipient|\b(to|cc|bcc) header"),
    Row(400, "invalidArgument", Kind.MESSAGE),
    Row(400, "failedPrecondition", Kind.NO_MAILBOX),
    Row(401, "authError", Kind.SIGN_IN),
    Row(403, "insufficientPermissions", Kind.SCOPE_MISSING),
    Row(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", Kind.SCOPE_MISSING),
    Row(403, "accessNotConfigured", Kind.APP_WRONG),
    Row(403, "SERVICE_DISABLED", Kind.APP_WRONG),
    Row(403, "domainPolicy", Kind.NO_MAILBOX),
    Row(403, "rateLimitExceeded", Kind.THROTTLED),
    Row(403, "userRateLimitExceeded", Kind.THROTTLED),
    Row(403, "dailyLimitExceeded", Kind.THROTTLED),  # the project's, not this mailbox's
    Row(404, "notFound", Kind.NOT_FOUND),
    Row(413, "uploadTooLarge", Kind.MESSAGE),
    Row(429, "rateLimitExceeded", Kind.THROTTLED),
    Row(429, "userRateLimitExceeded", Kind.THROTTLED),
)
CAP_FROM = timedelta(
    minutes=10
)  # a pause longer than this is the mailbox's day being full, whatever it is called
_OF_THE_USER = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"}
)
_MOMENT = re.compile(r"retry after\s+(\S{1,40}Z)", re.IGNORECASE)


def read_error(status: int, body: Mapping[str, Any], *, wait: str = "") -> ApiError:
    """The error in an answer's JSON object, which may be anything; `wait` is its Retry-After."""
    error = member(body, "error")
    reasons = (_first_reason(error, "errors"), _first_reason(error, "details"), text(error, "status"))
    return ApiError(status, next(filter(None, reasons), ""), text(error, "message"), wait)


def kind_of(error: ApiError) -> Kind:
    """What an error of Gmail's is about; without a reason it is not Gmail's, unless the status says it all."""
    for row in TABLE:
        if (row.status, row.reason) == (error.status, error.code) and re.search(
            row.pattern, error.message, re.IGNORECASE
        ):
            return row.kind
    if error.code or error.status == 429 or error.status >= 500:
        return by_status(error.status)
    return Kind.NO_ANSWER


def refusal_of(error: ApiError, now: datetime) -> Refusal | None:
    """What the refusal of a message means; None when Gmail may have taken it all the same."""
    kind, moment = kind_of(error), retry_moment(error, now)
    if kind is Kind.THROTTLED and error.code in _OF_THE_USER and moment and moment - now > CAP_FROM:
        kind = Kind.DAILY_CAP
    return send_refusal(kind, moment)


def retry_moment(error: ApiError, now: datetime) -> datetime | None:
    """The moment that Gmail names, in the message's own words rather than in a header."""
    named = _MOMENT.search(error.message)
    if named is None:
        return header_moment(error.wait, now)
    try:
        return sane_moment(datetime.fromisoformat(named[1]), now)
    except ValueError:
        return None


def _first_reason(error: Mapping[str, Any], name: str) -> str:
    return next((reason for item in members(error, name) if (reason := text(item, "reason"))), "")
