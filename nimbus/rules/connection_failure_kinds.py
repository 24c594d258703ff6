"""The ways a connection test fails, and what is said and offered for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from nimbus.rules.connection_test import REPLY_SECONDS, STEP_SECONDS, Leg, Security


class FailureCode(StrEnum):
    """One cause each; the values are help anchors and never change."""

    DNS = "dns"
    DNS_TEMPORARY = "dns_temporary"
    NOT_ALLOWED = "not_allowed"
    CLEAR_TEXT_REFUSED = "clear_text_refused"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TURNED_AWAY = "turned_away"
    CLOSED = "closed"
    PROTOCOL = "protocol"
    TLS_HANDSHAKE = "tls_handshake"  # detail kind: plain (no TLS on this port), version, broken_off
    TLS_CERT = (
        "tls_cert"  # detail kind: expired, not_yet_valid, wrong_name, self_signed, unknown_issuer, other
    )
    TLS_MISMATCH = "tls_mismatch"
    NO_STARTTLS = "no_starttls"
    STARTTLS_REQUIRED = "starttls_required"
    AUTH_FAILED = "auth_failed"
    APP_PASSWORD = "app_password"  # noqa: S105 - the name of a failure
    USE_OAUTH = "use_oauth"
    AUTH_NOT_OFFERED = "auth_not_offered"
    AUTH_TEMPORARY = "auth_temporary"
    LOGIN_DISABLED = "login_disabled"
    TOO_MANY_LOGINS = "too_many_logins"
    WEB_LOGIN = "web_login"
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105 - the name of a failure
    CONTACT_ADMIN = "contact_admin"
    IMAP_OFF = "imap_off"
    PREAUTH = "preauth"
    SENDER_REFUSED = "sender_refused"
    SENDER_BLOCKED = "sender_blocked"
    SENDING_LIMIT = "sending_limit"
    TEST_REFUSED = "test_refused"
    TEST_DEFERRED = "test_deferred"
    FOLDER = "folder"  # detail folders: the names that exist, one a line
    NO_REPLY_SEEN = "no_reply_seen"
    ACCOUNT_LIMIT = "account_limit"  # detail limit: how many inboxes the workspace may have
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"  # detail reference: what the log calls this failure


@dataclass(frozen=True)
class Fix:
    """One thing a person may do; `changes` are form fields and their new values."""

    key: str
    label: str
    changes: Mapping[str, str | int | bool] | None = None
    help_anchor: str | None = None


@dataclass(frozen=True)
class Explanation:
    """What the page shows for a failure, in the order it shows it."""

    title: str
    sentence: str
    advice: str
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True)
class Attempted:
    """What was tried: the settings that the sentences name."""

    leg: Leg
    host: str
    port: int
    security: Security
    folder: str = "INBOX"
    sender: str = ""
    allow_old_tls: bool = False
    allow_unverified: bool = False
    step_seconds: float = STEP_SECONDS
    reply_seconds: float = REPLY_SECONDS
