"""The four connection paths in words: what each does, what it needs, and what this server has of it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for

from nimbus.settings import current_settings


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
    """A path that this version describes but does not run yet, with what to have ready for it."""

    title: str
    sentences: tuple[str, ...]
    needs: tuple[str, ...]
    alternative: dict[str, str]
    client_id: str | None = None


def cards() -> list[Card]:
    """The four paths, in the order of the specification."""
    return [
        _later_card(
            "gmail",
            "Gmail and Google Workspace",
            ("Sign in with Google. No password is stored.", "Starts at 40 mails a day, 20 for @gmail.com."),
            needs="a Google sign-in app",
        ),
        _later_card(
            "microsoft",
            "Microsoft 365",
            ("Sign in with Microsoft. An admin may have to approve.", "Starts at 30 mails a day."),
            needs="a Microsoft sign-in app",
        ),
        Card(
            "smtp_imap",
            "SMTP and IMAP",
            (
                "Any other host: its two servers, a user name and a password.",
                "Both directions are tested before anything is saved. Starts at 20 mails a day.",
            ),
            needs=None,
            url=url_for("connect.smtp"),
            ready=True,
        ),
        _later_card(
            "reachinbox",
            "ReachInbox fleet",
            ("Import every inbox with one API key. Sends stay on theirs.",),
            needs="a ReachInbox API key",
        ),
    ]


def describe_path(key: str) -> PathView:
    """One of the paths that cannot be taken yet: gmail, microsoft or reachinbox."""
    return _DESCRIPTIONS[key]()


def _later_card(key: str, title: str, lines: tuple[str, ...], *, needs: str) -> Card:
    sentence = f"Needs {needs}, and a later version of NimbusOS."
    return Card(key, title, lines, sentence, url_for("connect.path", path=key), ready=False)


def _gmail() -> PathView:
    return PathView(
        title="Gmail and Google Workspace",
        sentences=(
            "You sign in at Google and allow NimbusOS to send mail, to read mail and to see your name.",
            "Your password is never seen or stored.",
            "If you revoke this at Google, the inbox leaves rotation until somebody signs in again.",
        ),
        needs=(
            f"A sign-in app of your own in the Google Cloud console: {_has(current_settings().google_client_id)}.",
            "The Gmail API switched on for it.",
        ),
        alternative=_instead(
            "Until then, a Google mailbox with an app password connects over SMTP and IMAP: "
            "smtp.gmail.com, port 465 with SSL, and imap.gmail.com, port 993 with SSL."
        ),
    )


def _microsoft() -> PathView:
    client_id = current_settings().microsoft_client_id
    return PathView(
        title="Microsoft 365",
        sentences=(
            "You sign in at Microsoft and allow NimbusOS to send mail, to read mail and to see who you are.",
            "Where the organisation asks for it, an administrator approves the app once for everybody.",
        ),
        needs=(
            f"An app registration of your own in the Azure portal: {_has(client_id)}.",
            "The permissions Mail.Send, Mail.Read and User.Read.",
        ),
        alternative=_instead("A mailbox on any other host can be connected over SMTP and IMAP now."),
        client_id=client_id,
    )


def _reachinbox() -> PathView:
    return PathView(
        title="ReachInbox fleet",
        sentences=(
            "Every inbox of a ReachInbox account is imported with its warmup status and its daily limit.",
            "Mail keeps leaving through ReachInbox; campaigns, scores and replies are handled here.",
        ),
        needs=("An API key from the ReachInbox settings page.",),
        alternative=_instead("A mailbox on any other host can be connected over SMTP and IMAP now."),
    )


def _has(client_id: str | None) -> str:
    return "set up on this server" if client_id else "not set up on this server"


def _instead(sentence: str) -> dict[str, str]:
    return {"sentence": sentence, "label": "Connect over SMTP and IMAP", "url": url_for("connect.smtp")}


_DESCRIPTIONS: dict[str, Callable[[], PathView]] = {
    "gmail": _gmail,
    "microsoft": _microsoft,
    "reachinbox": _reachinbox,
}
