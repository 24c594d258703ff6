"""The table of Microsoft Graph's refusals (`providers.md` 2.8); codes are compared without regard to case."""

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
    send_refusal,
)
from nimbus.rules.json_values import member, text


class Row(NamedTuple):
    """An error of this code, whatever its status, whose message has this pattern, is of this kind."""

    code: str
    kind: Kind
    pattern: str = ""


TABLE = (
    Row("ErrorInvalidRecipients", Kind.RECIPIENT),
    Row("ErrorMimeContentInvalidBase64String", Kind.MESSAGE),
    Row("ErrorMimeContentInvalid", Kind.MESSAGE),
    Row("InvalidInternetMessageHeader", Kind.MESSAGE),
    Row("ErrorInvalidIdMalformed", Kind.MESSAGE),
    Row("RequestBodyRead", Kind.MESSAGE),
    Row("ErrorMessageSizeExceeded", Kind.MESSAGE),
    Row("InvalidAuthenticationToken", Kind.SIGN_IN),
    Row("ErrorAccessDenied", Kind.SCOPE_MISSING),
    Row("ErrorSendAsDenied", Kind.SENDER),
    Row("ErrorItemNotFound", Kind.NOT_FOUND),
    Row("MailboxNotEnabledForRESTAPI", Kind.NO_MAILBOX),
    Row("SyncStateNotFound", Kind.SYNC_RESET),
    Row("SyncStateInvalid", Kind.SYNC_RESET),
    Row("InvalidSyncStateData", Kind.SYNC_RESET),
    Row("resyncRequired", Kind.SYNC_RESET),
    Row("ApplicationThrottled", Kind.THROTTLED),
    Row("TooManyRequests", Kind.THROTTLED),
    Row("ErrorExceededMessageLimit", Kind.SENDER_BLOCKED, r"suspicious|verify|unusual"),
    Row("ErrorExceededMessageLimit", Kind.DAILY_CAP),
    Row("ErrorExceededMaxRecipientLimit", Kind.DAILY_CAP),
    Row("ErrorExceededHourlyMessageLimit", Kind.THROTTLED),
    Row("ErrorMessageSubmissionBlocked", Kind.SENDER_BLOCKED),
    Row("ErrorAccountSuspend", Kind.SENDER_BLOCKED),
    Row("ErrorAccountSuspendShowTierUpgrade", Kind.SENDER_BLOCKED),
    Row("ErrorQuotaExceeded", Kind.MAILBOX_FULL),
    Row("ServiceUnavailable", Kind.BUSY),
    Row("ErrorServerBusy", Kind.BUSY),
    Row("ErrorInternalServerTransientError", Kind.BUSY),
    Row("ErrorTimeoutExpired", Kind.BUSY),
)
_AN_HOUR = timedelta(hours=1)


def read_error(status: int, body: Mapping[str, Any], *, wait: str = "", challenge: str = "") -> ApiError:
    """The error in an answer's JSON object, which may be anything; `challenge` is its WWW-Authenticate."""
    error = member(body, "error")
    return ApiError(status, text(error, "code"), text(error, "message"), wait, "claims=" in challenge)


def kind_of(error: ApiError) -> Kind:
    """What an error of Graph's is about; without a code it is not Graph's, unless the status says it all."""
    if error.status >= 500:
        return Kind.BUSY
    if error.status == 401 and error.asks_person:
        return Kind.SIGN_IN_POLICY
    for row in TABLE:
        if row.code.lower() == error.code.lower() and re.search(row.pattern, error.message, re.IGNORECASE):
            return row.kind
    if error.code or error.status == 429:
        return by_status(error.status)
    return Kind.NO_ANSWER


def refusal_of(error: ApiError, now: datetime) -> Refusal | None:
    """What the refusal of a message means; None when Graph may have taken it all the same."""
    moment = header_moment(error.wait, now)
    if moment is None and error.code.lower() == "errorexceededhourlymessagelimit":
        moment = now + _AN_HOUR
    return send_refusal(kind_of(error), moment)
