"""The four connection paths in words: what each does, what it needs, and what this server has of it."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from nimbus.settings import current_settings

_GMAIL_ALTERNATIVE = (
    "Until then, a Google mailbox with an app password connects over SMTP and IMAP: "
    "smtp.gmail.com, port 465 with SSL, and imap.gmail.com, port 993 with SSL."
)
_OTHER_ALTERNATIVE = "A mailbox on any other host can be connected over SMTP and IMAP now."


@dataclass(frozen=True, slots=True)
class Card:
    """One path on the page that offers all four."""

    key: str
    title: str
    lines: tuple[str, ...]
    needs: str | None
    url: str
    ready: bool


@dataclass(frozen=True, slots=True)
class PathView:
    """A path that this version describes but does not run yet."""

    title: str
    sentences: tuple[str, ...]
    needs: tuple[str, ...]
    client_id: str | None
    alternative: dict[str, str]


def cards() -> list[Card]:
    """The four paths, in the order of the specification."""
    return [
        Card(
            "gmail",
            "Gmail and Google Workspace",
            (
                "Sign in with Google. No password is stored.",
                "Starts at 40 mails a day, 20 for @gmail.com.",
            ),
            "Needs a Google sign-in app, and a later version of NimbusOS.",
            url_for("connect.path", path="gmail"),
            ready=False,
        ),
        Card(
            "microsoft",
            "Microsoft 365",
            ("Sign in with Microsoft. An admin may have to approve.", "Starts at 30 mails a day."),
            "Needs a Microsoft sign-in app, and a later version of NimbusOS.",
            url_for("connect.path", path="microsoft"),
            ready=False,
        ),
        Card(
            "smtp_imap",
            "SMTP and IMAP",
            (
                "Any other host: its two servers, a user name and a password.",
                "Both directions are tested before anything is saved. Starts at 20 mails a day.",
            ),
            None,
            url_for("connect.smtp"),
            ready=True,
        ),
        Card(
            "reachinbox",
            "ReachInbox fleet",
            ("Import every inbox with one API key. Sends stay on theirs.",),
            "Needs a ReachInbox API key, and a later version of NimbusOS.",
            url_for("connect.path", path="reachinbox"),
            ready=False,
        ),
    ]


def describe_path(key: str) -> PathView:
    """One path that cannot be taken yet, with what to have ready for it."""
    settings = current_settings()
    described: dict[str, dict[str, Any]] = {
        "gmail": {
            "title": "Gmail and Google Workspace",
            "sentences": (
                "You sign in at Google and allow NimbusOS to send mail, to read mail and to see your name.",
                "Your password is never seen or stored.",
                "If you revoke this at Google, the inbox leaves rotation until somebody signs in again.",
            ),
            "needs": (
                "A sign-in app of your own in the Google Cloud console: "
                + ("set up on this server." if settings.google_client_id else "not set up on this server."),
                "The Gmail API switched on for it.",
            ),
            "alternative": _GMAIL_ALTERNATIVE,
        },
        "microsoft": {
            "title": "Microsoft 365",
            "sentences": (
                "You sign in at Microsoft and allow NimbusOS to send mail, to read mail and to see who you are.",
                "Where the organisation asks for it, an administrator approves the app once for everybody.",
            ),
            "needs": (
                "An app registration of your own in the Azure portal: "
                + (
                    "set up on this server." if settings.microsoft_client_id else "not set up on this server."
                ),
                "The permissions Mail.Send, Mail.Read and User.Read.",
            ),
            "client_id": settings.microsoft_client_id,
            "alternative": _OTHER_ALTERNATIVE,
        },
        "reachinbox": {
            "title": "ReachInbox fleet",
            "sentences": (
                "Every inbox of a ReachInbox account is imported with its warmup status and its daily limit.",
                "Mail keeps leaving through ReachInbox; campaigns, scores and replies are handled here.",
            ),
            "needs": ("An API key from the ReachInbox settings page.",),
            "alternative": _OTHER_ALTERNATIVE,
        },
    }
    found = described[key]
    return PathView(
        found["title"],
        found["sentences"],
        found["needs"],
        found.get("client_id"),
        {
            "sentence": found["alternative"],
            "label": "Connect over SMTP and IMAP",
            "url": url_for("connect.smtp"),
        },
    )
