"""What is known about well-known mail hosts: who runs a server, and which name was probably meant."""

import difflib
from enum import StrEnum


class MailHost(StrEnum):
    """Whose server it is, where that changes the advice."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    YAHOO = "yahoo"  # AOL too
    APPLE = "apple"
    OTHER = "other"


_DOMAINS = {
    "gmail.com": MailHost.GOOGLE,
    "googlemail.com": MailHost.GOOGLE,
    "google.com": MailHost.GOOGLE,
    "office365.com": MailHost.MICROSOFT,
    "outlook.com": MailHost.MICROSOFT,
    "hotmail.com": MailHost.MICROSOFT,
    "live.com": MailHost.MICROSOFT,
    "office.com": MailHost.MICROSOFT,
    "yahoo.com": MailHost.YAHOO,
    "aol.com": MailHost.YAHOO,
    "me.com": MailHost.APPLE,
    "icloud.com": MailHost.APPLE,
}

# providers.md 3.1
_SERVERS = (
    "smtp.gmail.com",
    "imap.gmail.com",
    "smtp.office365.com",
    "outlook.office365.com",
    "smtp-mail.outlook.com",
    "smtp.mail.yahoo.com",
    "imap.mail.yahoo.com",
    "smtp.aol.com",
    "imap.aol.com",
    "smtp.mail.me.com",
    "imap.mail.me.com",
    "smtp.zoho.com",
    "imap.zoho.com",
    "smtp.fastmail.com",
    "imap.fastmail.com",
    "mail.gmx.com",
    "imap.gmx.com",
    "mail.gmx.net",
    "imap.gmx.net",
)
_FIRST_LABELS = ("smtp", "imap", "mail")
_SAME_SERVER = 0.88  # one slip in a name of this length; lower would join different hosts
_SAME_LABEL = 0.7  # one slip in four letters


def mail_host(host: str) -> MailHost:
    """Who runs the server of this name."""
    labels = host.lower().rstrip(".").split(".")
    return _DOMAINS.get(".".join(labels[-2:]), MailHost.OTHER)


def suggested_host(host: str) -> str | None:
    """The name that was probably meant by a host that does not exist, or None: "smpt.x.com" -> "smtp.x.com"."""
    near = difflib.get_close_matches(host, _SERVERS, n=1, cutoff=_SAME_SERVER)
    if near and near[0] != host:
        return near[0]
    first, dot, rest = host.partition(".")
    label = difflib.get_close_matches(first, _FIRST_LABELS, n=1, cutoff=_SAME_LABEL)
    return f"{label[0]}.{rest}" if dot and label and label[0] != first else None
