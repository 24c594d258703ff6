"""How Google says no: the error bodies of the token endpoint and of the Gmail API (`providers.md` 1.4 and 1.9)."""

from datetime import datetime
from typing import Any

from flask import Response, jsonify

SERVICE = "gmail.googleapis.com"
_ANSWERS = {  # reason: HTTP status, canonical status, message, the message within `errors` if it is another
    "invalidArgument": (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", ""),
    "failedPrecondition": (400, "FAILED_PRECONDITION", "Mail service not enabled", ""),
    "authError": (
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token.",
        "Invalid Credentials",
    ),
    "insufficientPermissions": (
        403,
        "PERMISSION_DENIED",
        "Request had insufficient authentication scopes.",
        "Insufficient Permission",
    ),
    "accessNotConfigured": (
        403,
        "PERMISSION_DENIED",
        "Gmail API has not been used in project 1234 before or it is disabled. Enable it, then retry.",
        "",
    ),
    "domainPolicy": (
        403,
        "PERMISSION_DENIED",
        "The domain administrators have disabled Gmail apps.",
        "",
    ),
    "rateLimitExceeded": (429, "RESOURCE_EXHAUSTED", "Too many concurrent requests for user", ""),
    "userRateLimitExceeded": (403, "RESOURCE_EXHAUSTED", "User-rate limit exceeded.", ""),
    "dailyLimitExceeded": (403, "PERMISSION_DENIED", "Daily Limit Exceeded", ""),
    "notFound": (404, "NOT_FOUND", "Requested entity was not found.", ""),
    "uploadTooLarge": (413, "INVALID_ARGUMENT", "The message is too large.", ""),
    "internalError": (500, "INTERNAL", "Internal error encountered.", ""),
    "backendError": (503, "UNAVAILABLE", "The service is currently unavailable.", "Backend Error"),
}
_UNKNOWN = (
    403,
    "PERMISSION_DENIED",
    "The caller does not have permission",
    "",
)  # any reason can be rehearsed
_DETAILS = {
    "insufficientPermissions": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "accessNotConfigured": "SERVICE_DISABLED",
}
REASONS = tuple(_ANSWERS)


class ApiRefused(Exception):
    """An error of the Gmail API; a message or status of its own replaces the usual one."""

    def __init__(self, reason: str, message: str = "", *, status: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.message, self.status = reason, message, status

    def response(self, method: str) -> Response:
        """The answer to a call of this method."""
        code, canonical, usual, inner = _ANSWERS.get(self.reason, _UNKNOWN)
        code, message = self.status or code, self.message or usual
        first = {"message": inner or message, "domain": _domain(self.reason), "reason": self.reason}
        error: dict[str, Any] = {"code": code, "message": message, "errors": [first], "status": canonical}
        if code == 401:
            first |= {"location": "Authorization", "locationType": "header"}
        if self.reason in _DETAILS:
            error["details"] = [_detail(self.reason, method)]
        response = jsonify(error=error)
        response.status_code = code
        if code == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/"'
        return response


class TokenRefused(Exception):
    """An error of the token endpoint, and of revoking."""

    def __init__(self, error: str, description: str = "", *, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.status = error, description, status

    def response(self) -> Response:
        """The answer."""
        body = {"error": self.error} | ({"error_description": self.description} if self.description else {})
        response = jsonify(body)
        response.status_code = self.status
        return response


def retry_after(moment: datetime) -> str:
    """The message of a rate limit, with the moment and the two blanks that have been seen."""
    return (
        f"User-rate limit exceeded.  Retry after {moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    )


def _domain(reason: str) -> str:
    return (
        "usageLimits"
        if reason in {"accessNotConfigured", "dailyLimitExceeded"} or "rate" in reason.lower()
        else "global"
    )


def _detail(reason: str, method: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": _DETAILS[reason],
        "domain": "googleapis.com",
        "metadata": {"service": SERVICE, "method": method},
    }
