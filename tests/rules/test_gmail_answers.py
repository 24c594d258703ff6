"""What each refusal of Gmail's means, row by row of its published table."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.api_answers import ApiError, Kind, read_ending
from nimbus.rules.gmail_answers import TABLE, kind_of, read_error, refusal_of, retry_moment
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.send_answer_kinds import Category

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
SOON = "User-rate limit exceeded.  Retry after 2026-10-01T12:00:05.123Z"
LATER = "User-rate limit exceeded.  Retry after 2026-10-01T19:30:00.000Z"
# status, reason, message, what a refused message comes to (None: it may have been sent)
ROWS = [
    (400, "invalidArgument", "Recipient address required", Category.BAD_ADDRESS),
    (400, "invalidArgument", "Invalid To header", Category.BAD_ADDRESS),
    (400, "invalidArgument", "Invalid id value", Category.SIZE_OR_FORMAT),
    (400, "failedPrecondition", "Mail service not enabled", Category.SUSPENDED),
    (400, "failedPrecondition", "Precondition check failed.", Category.SUSPENDED),
    (401, "authError", "Invalid Credentials", Category.SIGN_IN_LOST),
    (
        403,
        "insufficientPermissions",
        "Request had insufficient authentication scopes.",
        Category.SIGN_IN_LOST,
    ),
    (403, "accessNotConfigured", "Gmail API has not been used in project 1 before", Category.APP_WRONG),
    (403, "domainPolicy", "The domain administrators have disabled Gmail apps.", Category.SUSPENDED),
    (403, "rateLimitExceeded", SOON, Category.THROTTLE),
    (403, "userRateLimitExceeded", SOON, Category.THROTTLE),
    (403, "dailyLimitExceeded", "Daily Limit Exceeded", Category.THROTTLE),
    (404, "notFound", "Requested entity was not found.", Category.SOFT_TEMP),
    (413, "uploadTooLarge", "Too large", Category.SIZE_OR_FORMAT),
    (429, "rateLimitExceeded", SOON, Category.THROTTLE),
    (429, "rateLimitExceeded", "Too many concurrent requests for user", Category.THROTTLE),
    (429, "rateLimitExceeded", LATER, Category.PROVIDER_LIMIT),
    (403, "userRateLimitExceeded", LATER, Category.PROVIDER_LIMIT),
    (403, "dailyLimitExceeded", LATER, Category.THROTTLE),
    (500, "backendError", "Backend Error", None),
    (503, "internalError", "The service is currently unavailable.", None),
    (403, "somethingNew", "Quota limit of something", Category.SOFT_TEMP),
]


def body(status, reason, message, **error):
    errors = [{"message": message, "domain": "global", "reason": reason}]
    return {"error": {"code": status, "message": message, "errors": errors, "status": "A_STATUS", **error}}


@pytest.mark.parametrize(("status", "reason", "message", "category"), ROWS)
def test_a_refused_message_comes_to_what_the_table_says(status, reason, message, category):
    refusal = refusal_of(read_error(status, body(status, reason, message)), NOW)

    assert (refusal and refusal.category) == category


def test_every_row_of_the_table_is_asked_about():
    asked = {(status, reason) for status, reason, *_ in ROWS}
    only_inside = {
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        (403, "SERVICE_DISABLED"),
        (429, "userRateLimitExceeded"),
    }

    assert {(row.status, row.reason) for row in TABLE} - only_inside <= asked


@pytest.mark.parametrize(
    ("status", "reason", "ending"),
    [
        (401, "authError", GrantEnding.REVOKED),
        (403, "insufficientPermissions", GrantEnding.SCOPE_MISSING),
        (403, "accessNotConfigured", GrantEnding.APP_WRONG),
        (400, "failedPrecondition", GrantEnding.NO_MAILBOX),
        (429, "rateLimitExceeded", GrantEnding.UNAVAILABLE),
        (503, "backendError", GrantEnding.UNAVAILABLE),
    ],
)
def test_a_refused_look_up_says_what_became_of_the_grant(status, reason, ending):
    error = read_error(status, body(status, reason, "Words"))

    assert read_ending(kind_of(error)) == ending
    if ending in {GrantEnding.REVOKED, GrantEnding.SCOPE_MISSING, GrantEnding.NO_MAILBOX}:
        assert refusal_of(error, NOW).ending == ending


def test_the_reason_is_found_in_the_newer_shape_too():
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    }
    newer = {"error": {"code": 403, "message": "No", "status": "PERMISSION_DENIED", "details": [{}, detail]}}

    assert kind_of(read_error(403, newer)) == Kind.SCOPE_MISSING


@pytest.mark.parametrize(
    ("message", "wait", "seconds"),
    [
        (SOON, "", 5.123),
        ("Retry after 2026-10-01T12:00:30Z", "3", 30),
        ("Too many", "7", 7),
        ("Too many", "Thu, 01 Oct 2026 12:00:09 GMT", 9),
        ("Retry after never-Z", "", None),
        ("Retry after 2025-10-01T12:00:30Z", "", None),
        ("Retry after 2099-10-01T12:00:30Z", "", None),
        ("Too many", "soon", None),
        ("Too many", "", None),
        ("Too many", "99999999", None),
        ("Too many", "-1", None),
    ],
)
def test_the_moment_is_read_from_the_words_and_then_from_the_header(message, wait, seconds):
    moment = retry_moment(ApiError(429, "rateLimitExceeded", message, wait), NOW)

    assert moment == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_a_full_day_ends_at_the_moment_that_gmail_names():
    refusal = refusal_of(read_error(429, body(429, "rateLimitExceeded", LATER)), NOW)

    assert refusal.retry_after == NOW + timedelta(hours=7, minutes=30)


def test_words_like_quota_and_limit_alone_never_fill_a_day():
    refusal = refusal_of(
        read_error(429, body(429, "rateLimitExceeded", "Quota exceeded: over daily limit")), NOW
    )

    assert refusal.category == Category.THROTTLE


@pytest.mark.parametrize(
    "odd", [{}, {"error": None}, {"error": "x"}, {"error": {"errors": [1, {"reason": 5}]}}]
)
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 407])
def test_an_answer_in_another_shape_is_not_gmails_and_judges_nothing(odd, status):
    refusal = refusal_of(read_error(status, odd), NOW)

    assert (refusal.category, refusal.ending) == (Category.CONNECTION, None)
