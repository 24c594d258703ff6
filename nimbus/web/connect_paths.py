"""The four connection paths in words: what each does, what it needs, and what this workspace has of it."""

from dataclasses import dataclass

from flask import url_for

from nimbus.extensions import db
from nimbus.rules.providers import Provider
from nimbus.services.provider_apps import known_app
from nimbus.web.access import workspace_id
from nimbus.web.oauth_view import TITLES


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


def cards() -> list[Card]:
    """The four paths, in the order of the specification."""
    return [
        _sign_in_card(
            "gmail",
            ("Sign in with Google. No password is stored.", "Starts at 40 mails a day, 20 for @gmail.com."),
            Provider.GMAIL,
        ),
        _sign_in_card(
            "microsoft",
            (
                "Sign in with Microsoft. An admin may have to approve.",
                "Starts at 30 mails a day, 15 for @outlook.com.",
            ),
            Provider.MICROSOFT,
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
        Card(
            "reachinbox",
            "ReachInbox fleet",
            ("Import every inbox with one API key. Sends stay on theirs.",),
            needs="Needs a ReachInbox API key, and a later version of NimbusOS.",
            url=url_for("connect.reachinbox"),
            ready=False,
        ),
    ]


def describe_reachinbox() -> PathView:
    """The path that cannot be taken yet."""
    return PathView(
        title="ReachInbox fleet",
        sentences=(
            "Every inbox of a ReachInbox account is imported with its warmup status and its daily limit.",
            "Mail keeps leaving through ReachInbox; campaigns, scores and replies are handled here.",
        ),
        needs=("An API key from the ReachInbox settings page.",),
        alternative={
            "sentence": "A mailbox on any other host can be connected over SMTP and IMAP now.",
            "label": "Connect over SMTP and IMAP",
            "url": url_for("connect.smtp"),
        },
    )


def _sign_in_card(key: str, lines: tuple[str, ...], provider: Provider) -> Card:
    """A path by signing in; without an application its page says how to set one up."""
    ready = known_app(db.session(), workspace_id(), provider) is not None
    url = url_for("connect_oauth.show", path=key)
    return Card(
        key,
        TITLES[provider],
        lines,
        None if ready else "Needs set-up. The steps are on its page.",
        url,
        ready,
    )
