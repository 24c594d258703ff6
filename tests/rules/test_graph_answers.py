"""What each refusal of Microsoft Graph means, row by row of its published table."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.api_answers import Kind, read_ending
from nimbus.rules.graph_answers import TABLE, kind_of, read_error, refusal_of
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.send_answer_kinds import Category

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
DAILY = "Cannot send mail. Daily Message/Recipient limit exceeded."
SUSPICIOUS = "We noticed weird or suspicious activity. Please verify your account."
# status, code, message, what a refused message comes to (None: it may have been sent)
ROWS = [
    (400, "ErrorInvalidRecipients", "At least one recipient is not valid.", Category.BAD_ADDRESS),
    (
        400,
        "ErrorMimeContentInvalidBase64String",
        "Invalid base64 string for MIME content.",
        Category.SIZE_OR_FORMAT,
    ),
    (400, "ErrorMimeContentInvalid", "Broken", Category.SIZE_OR_FORMAT),
    (400, "InvalidInternetMessageHeader", "should start with 'x-'", Category.SIZE_OR_FORMAT),
    (400, "ErrorInvalidIdMalformed", "Id is malformed.", Category.SIZE_OR_FORMAT),
    (400, "RequestBodyRead", "Words", Category.SIZE_OR_FORMAT),
    (
        401,
        "InvalidAuthenticationToken",
        "Access token has expired or is not yet valid.",
        Category.SIGN_IN_LOST,
    ),
    (403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.", Category.SIGN_IN_LOST),
    (403, "ErrorSendAsDenied", "Not allowed", Category.BLOCK_POLICY),
    (404, "ErrorItemNotFound", "Gone", Category.SOFT_TEMP),
    (
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive or soft-deleted.",
        Category.SUSPENDED,
    ),
    (410, "syncStateNotFound", "Continuing would lose data.", Category.SOFT_TEMP),
    (410, "SyncStateInvalid", "Continuing would lose data.", Category.SOFT_TEMP),
    (410, "InvalidSyncStateData", "Continuing would lose data.", Category.SOFT_TEMP),
    (410, "resyncRequired", "Continuing would lose data.", Category.SOFT_TEMP),
    (413, "ErrorMessageSizeExceeded", "Too big", Category.SIZE_OR_FORMAT),
    (429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", Category.THROTTLE),
    (429, "TooManyRequests", "Slow down", Category.THROTTLE),
    *((status, "ErrorExceededMessageLimit", DAILY, Category.PROVIDER_LIMIT) for status in (400, 403, 429)),
    (429, "ErrorExceededMessageLimit", SUSPICIOUS, Category.SUSPENDED),
    (403, "ErrorMessageSubmissionBlocked", "Blocked", Category.SUSPENDED),
    (403, "ErrorAccountSuspend", "Suspended", Category.SUSPENDED),
    (403, "ErrorAccountSuspendShowTierUpgrade", "Suspended", Category.SUSPENDED),
    (403, "ErrorExceededHourlyMessageLimit", "Hourly", Category.THROTTLE),
    (403, "ErrorExceededMaxRecipientLimit", "Recipients", Category.PROVIDER_LIMIT),
    (429, "ErrorQuotaExceeded", "The mailbox is full.", Category.MAILBOX_FULL),
    (503, "ServiceUnavailable", "Later", None),
    (503, "ErrorServerBusy", "Later", None),
    (503, "ErrorInternalServerTransientError", "Later", None),
    (504, "ErrorTimeoutExpired", "Later", None),
    (403, "ErrorSomethingNew", "Words", Category.SOFT_TEMP),
]


def body(code, message="Words"):
    return {"error": {"code": code, "message": message, "innerError": {"date": "2026-10-01T12:00:00"}}}


@pytest.mark.parametrize(("status", "code", "message", "category"), ROWS)
def test_a_refused_message_comes_to_what_the_table_says(status, code, message, category):
    refusal = refusal_of(read_error(status, body(code, message)), NOW)

    assert (refusal and refusal.category) == category


def test_every_row_of_the_table_is_asked_about():
    assert {row.code.lower() for row in TABLE} <= {code.lower() for _, code, *_ in ROWS}


@pytest.mark.parametrize(
    ("code", "kind"), [("SYNCSTATENOTFOUND", Kind.SYNC_RESET), ("errorItemNotFound", Kind.NOT_FOUND)]
)
def test_a_code_means_the_same_in_any_case(code, kind):
    assert kind_of(read_error(404, body(code))) == kind


@pytest.mark.parametrize(
    ("status", "code", "ending"),
    [
        (401, "InvalidAuthenticationToken", GrantEnding.REVOKED),
        (403, "ErrorAccessDenied", GrantEnding.SCOPE_MISSING),
        (404, "MailboxNotEnabledForRESTAPI", GrantEnding.NO_MAILBOX),
        (429, "ApplicationThrottled", GrantEnding.UNAVAILABLE),
        (503, "ServiceUnavailable", GrantEnding.UNAVAILABLE),
    ],
)
def test_a_refused_look_up_says_what_became_of_the_grant(status, code, ending):
    assert read_ending(kind_of(read_error(status, body(code)))) == ending


def test_a_401_that_asks_for_more_than_a_token_wants_the_person():
    challenge = 'Bearer realm="", error="insufficient_claims", claims="eyJ9"'
    error = read_error(401, body("InvalidAuthenticationToken"), challenge=challenge)

    refusal = refusal_of(error, NOW)

    assert (refusal.category, refusal.ending) == (Category.SIGN_IN_LOST, GrantEnding.INTERACTION)


def test_the_moment_is_that_of_the_header_and_an_hour_for_an_hourly_limit():
    throttled = refusal_of(read_error(429, body("TooManyRequests"), wait="90"), NOW)
    hourly = refusal_of(read_error(403, body("ErrorExceededHourlyMessageLimit")), NOW)
    silent = refusal_of(read_error(429, body("TooManyRequests")), NOW)

    assert throttled.retry_after == NOW + timedelta(seconds=90)
    assert hourly.retry_after == NOW + timedelta(hours=1)
    assert silent.retry_after is None


@pytest.mark.parametrize("odd", [{}, {"error": None}, {"error": "x"}, {"error": {"code": 5, "message": []}}])
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 407])
def test_an_answer_in_another_shape_is_not_graphs_and_judges_nothing(odd, status):
    refusal = refusal_of(read_error(status, odd), NOW)

    assert (refusal.category, refusal.ending) == (Category.CONNECTION, None)
