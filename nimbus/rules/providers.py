"""The four ways an account is connected, and the states its connection can be in."""

from enum import StrEnum


class Provider(StrEnum):
    """How mail leaves an account: through a provider's API, a mail server, or ReachInbox."""

    GMAIL = "gmail"
    MICROSOFT = "microsoft"
    SMTP_IMAP = "smtp_imap"
    REACHINBOX = "reachinbox"


PROVIDER_NAMES = {
    Provider.GMAIL: "Gmail",
    Provider.MICROSOFT: "Microsoft 365",
    Provider.SMTP_IMAP: "SMTP and IMAP",
    Provider.REACHINBOX: "ReachInbox",
}
COMPANIES = {Provider.GMAIL: "Google", Provider.MICROSOFT: "Microsoft"}  # where people sign in, in a browser


class ConnectionState(StrEnum):
    """Whether the system can use an account's connection. Never a person's switch: that is `is_active`."""

    OK = "ok"
    AUTH_FAILED = "auth_failed"
    AUTH_REVOKED = "auth_revoked"
    SUSPENDED = "suspended"
    DISCONNECTED = "disconnected"
