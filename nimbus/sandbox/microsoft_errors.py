"""How Microsoft says no: the bodies of the sign-in side by AADSTS number, and those of Graph by code.

Shapes: `providers.md` 2.4 and 2.8. The sentences are ours where the number alone decides.
"""

import uuid
from datetime import datetime
from typing import Any, NamedTuple


class LoginAnswer(NamedTuple):
    """What belongs to an AADSTS number: the OAuth error, a sentence, and what some carry besides."""

    error: str
    sentence: str
    suberror: str = ""
    status: int = 400


GRANT, INTERACTION, CLIENT = "invalid_grant", "interaction_required", "invalid_client"
UNAUTHORIZED, REQUEST = "unauthorized_client", "invalid_request"

LOGIN_ANSWERS = {
    50011: LoginAnswer(
        REQUEST, "The redirect URI in the request is not one of those registered for the app."
    ),
    50020: LoginAnswer(REQUEST, "The account belongs to another tenant and cannot sign in to this one."),
    50034: LoginAnswer(GRANT, "The account does not exist in this directory."),
    50057: LoginAnswer(GRANT, "The account is disabled."),
    50058: LoginAnswer(INTERACTION, "A silent sign-in was asked for, but nobody is signed in."),
    50074: LoginAnswer(INTERACTION, "Strong authentication is required.", "basic_action"),
    50076: LoginAnswer(
        GRANT,
        "Because of a change by the administrator, or a new location, multi-factor authentication is required "
        "to access '00000003-0000-0000-c000-000000000000'.",
        "basic_action",
    ),
    50078: LoginAnswer(GRANT, "The multi-factor authentication has expired.", "basic_action"),
    50079: LoginAnswer(GRANT, "The person must enrol in multi-factor authentication.", "basic_action"),
    50105: LoginAnswer(GRANT, "The signed-in person is not assigned to a role for this app."),
    50126: LoginAnswer(GRANT, "The user name or password is wrong."),
    50148: LoginAnswer(GRANT, "The code_verifier does not match the code_challenge of the request."),
    50173: LoginAnswer(
        GRANT, "The grant has expired because it was revoked; a new sign-in is needed.", "bad_token"
    ),
    50194: LoginAnswer(
        REQUEST, "The app is not configured as multi-tenant; /common is not supported for it."
    ),
    53000: LoginAnswer(GRANT, "The device does not comply with conditional access.", "message_only"),
    53001: LoginAnswer(GRANT, "The device is not joined to the domain.", "message_only"),
    53002: LoginAnswer(GRANT, "The app is not approved by conditional access.", "message_only"),
    53003: LoginAnswer(GRANT, "Access has been blocked by conditional access policies.", "message_only"),
    54005: LoginAnswer(GRANT, "The authorization code was already redeemed."),
    65001: LoginAnswer(
        GRANT, "Neither the person nor an administrator has consented to the app.", "consent_required"
    ),
    65004: LoginAnswer("access_denied", "The person declined to consent to the app."),
    65005: LoginAnswer(UNAUTHORIZED, "The app asks for permissions that it has not declared."),
    70000: LoginAnswer(GRANT, "The grant is not valid.", "bad_token"),
    70003: LoginAnswer("unsupported_grant_type", "The grant type is not supported."),
    70008: LoginAnswer(GRANT, "The code or refresh token has expired.", "token_expired"),
    70011: LoginAnswer("invalid_scope", "The value of 'scope' is not valid."),
    70043: LoginAnswer(
        GRANT, "The refresh token has expired under the sign-in frequency of conditional access."
    ),
    90008: LoginAnswer(GRANT, "The app must ask for access to Microsoft Graph."),
    90014: LoginAnswer(REQUEST, "A required field is missing from the request."),
    90024: LoginAnswer("temporarily_unavailable", "The request was throttled.", status=429),
    90033: LoginAnswer("temporarily_unavailable", "A transient error; please try again.", status=503),
    90093: LoginAnswer("consent_required", "This person cannot consent to the app."),
    90094: LoginAnswer("consent_required", "An administrator must grant these permissions."),
    500208: LoginAnswer(REQUEST, "The domain is not valid for this kind of account."),
    501481: LoginAnswer(GRANT, "The code_verifier does not match the code_challenge of the request."),
    530035: LoginAnswer(GRANT, "Access has been blocked by security defaults.", "message_only"),
    650056: LoginAnswer(UNAUTHORIZED, "The app is misconfigured: it has no permission for this resource."),
    700016: LoginAnswer(UNAUTHORIZED, "The app was not found in the directory."),
    700082: LoginAnswer(
        GRANT, "The refresh token has expired because it was not used for 90 days.", "bad_token"
    ),
    700084: LoginAnswer(
        GRANT, "The refresh token of a single-page app is past its fixed 24 hours.", "bad_token"
    ),
    7000215: LoginAnswer(CLIENT, "The client secret is wrong.", status=401),
    7000222: LoginAnswer(CLIENT, "The client secret has expired.", status=401),
}


class LoginRefused(Exception):
    """An answer of the sign-in side; `number` is the AADSTS one, `detail` replaces its sentence."""

    def __init__(self, number: int, detail: str = "") -> None:
        super().__init__(number)
        self.number = number
        self.answer = LOGIN_ANSWERS.get(number, LoginAnswer(GRANT, "The grant is not valid."))
        self.sentence = detail or self.answer.sentence

    def described(self) -> str:
        """The `error_description` of a redirect."""
        return f"AADSTS{self.number}: {self.sentence}"

    def body(self, now: datetime) -> dict[str, Any]:
        """The JSON of the token endpoint."""
        trace, correlation, timestamp = str(uuid.uuid4()), str(uuid.uuid4()), f"{now:%Y-%m-%d %H:%M:%SZ}"
        body = {
            "error": self.answer.error,
            "error_description": f"{self.described()} Trace ID: {trace} Correlation ID: {correlation} "
            f"Timestamp: {timestamp}",
            "error_codes": [self.number],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        return body | ({"suberror": self.answer.suberror} if self.answer.suberror else {})


GRAPH_ANSWERS = {
    # code: (HTTP status, message)
    "InvalidAuthenticationToken": (401, "Access token has expired or is not yet valid."),
    "BadRequest": (400, "The request is not well formed."),
    "RequestBodyRead": (400, "The property of the request body has an invalid value."),
    "ErrorInvalidRecipients": (400, "At least one recipient isn't valid."),
    "ErrorInvalidIdMalformed": (400, "Id is malformed."),
    "ErrorMimeContentInvalidBase64String": (400, "Invalid base64 string for MIME content."),
    "ErrorMimeContentInvalid": (400, "The MIME content is not valid."),
    "ErrorAccessDenied": (403, "Access is denied. Check credentials and try again."),
    "ErrorSendAsDenied": (403, "The account of this request may not send on behalf of the specified sender."),
    "ErrorMessageSubmissionBlocked": (403, "Cannot send mail. Follow the instructions in your Inbox to verify."),
    "ErrorAccountSuspend": (403, "The account is suspended. Follow the instructions in your Inbox to verify it."),
    "ErrorAccountSuspendShowTierUpgrade": (403, "The account is suspended until it is verified."),
    "ErrorExceededHourlyMessageLimit": (403, "Cannot send mail. The hourly message limit is exceeded."),
    "ErrorExceededMaxRecipientLimit": (403, "Cannot send mail. The message has too many recipients."),
    "ErrorExceededMessageLimit": (429, "Cannot send mail. Daily Message/Recipient limit exceeded."),
    "ErrorItemNotFound": (404, "The specified object was not found in the store."),
    "MailboxNotEnabledForRESTAPI": (404, "The mailbox is either inactive, soft-deleted, or is hosted on-premise."),
    "ResourceNotFound": (404, "Resource could not be discovered."),
    "SyncStateNotFound": (410, "The sync state generation is not found; continuing would lose data."),
    "ErrorMessageSizeExceeded": (413, "The message exceeds the maximum supported size."),
    "ErrorQuotaExceeded": (429, "The mailbox is full."),
    "ApplicationThrottled": (429, "Application is over its MailboxConcurrency limit."),
    "TooManyRequests": (429, "Too many requests."),
    "InvalidInternetMessageHeader": (400, "The internet message header name should start with 'x-' or 'X-'."),
    "ErrorInternalServerTransientError": (503, "Cannot process the request; please try again."),
    "ErrorServerBusy": (503, "The server is too busy to process the request."),
    "ServiceUnavailable": (503, "The service is temporarily unavailable."),
    "ErrorTimeoutExpired": (504, "The request timed out."),
    "InternalServerError": (500, "An internal error occurred."),
    "UnknownError": (502, ""),
}  # fmt: skip


class GraphRefused(Exception):
    """An answer of Graph that is an error."""

    def __init__(
        self, code: str, message: str = "", *, status: int = 0, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        known_status, known_message = GRAPH_ANSWERS.get(code, (400, ""))
        self.code = code
        self.status = status or known_status
        self.message = message or known_message
        self.headers = headers or {}

    def body(self, now: datetime) -> dict[str, Any]:
        """The JSON of `providers.md` 2.8."""
        inner = {
            "date": f"{now:%Y-%m-%dT%H:%M:%S}",
            "request-id": str(uuid.uuid4()),
            "client-request-id": str(uuid.uuid4()),
        }
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}
