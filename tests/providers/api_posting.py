"""Handing a message to Gmail or Graph, scripted or played, and what a failed try leaves behind."""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from nimbus.providers.contract import Secret
from nimbus.providers.errors import DeliveryUnknown, SendRefused
from nimbus.providers.gmail import sending as gmail_sending
from nimbus.providers.microsoft import sending as microsoft_sending
from nimbus.rules.providers import Provider
from tests.providers.scripted_http import answered

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
BODY = (
    b"From: Ann <ann@alpha.test>\r\nTo: bob@beta.test\r\nSubject: Hello\r\nMessage-ID: <m1@alpha.test>\r\n"
    b"X-NimbusOS-Send: 42\r\n\r\nThe words themselves.\r\n"
)
WAYS = {Provider.GMAIL: gmail_sending, Provider.MICROSOFT: microsoft_sending}
TAKEN = {
    Provider.GMAIL: answered({"id": "18c1aa", "threadId": "18c0ff", "labelIds": ["SENT"]}),
    Provider.MICROSOFT: answered(b"", 202),
}
EXPIRED = {
    Provider.GMAIL: answered(
        {"error": {"code": 401, "message": "No", "errors": [{"reason": "authError"}]}}, 401
    ),
    Provider.MICROSOFT: answered({"error": {"code": "InvalidAuthenticationToken", "message": "No"}}, 401),
}


class Tokens:
    """Access tokens by number; `wishes` says for which of them a fresh one was asked."""

    def __init__(self) -> None:
        self.wishes: list[bool] = []

    def __call__(self, fresh):
        self.wishes.append(fresh)
        return Secret(f"canary-{len(self.wishes)}")


def post(sender, message=BODY, *, recipient="bob@beta.test", before_body=lambda: True):
    return sender.send(message, sender="ann@alpha.test", recipient=recipient, before_body=before_body)


@contextmanager
def opened(provider, hosts, access=None):
    with WAYS[provider].open_sender(hosts, access or Tokens(), lambda: NOW) as sender:
        yield sender


def fails(kind, provider, hosts, access=None, **how):
    """How a message failed, after a search for its token in all that it leaves."""
    with opened(provider, hosts, access) as sender, pytest.raises(kind) as caught:
        post(sender, **how)
    error = caught.value
    left = f"{error!r} {error} {error.line} {error.__context__!r} {error.__cause__!r} {vars(error)}"
    assert "canary" not in left
    return error


def refused(*arguments, **named):
    return fails(SendRefused, *arguments, **named)


def unknown(*arguments, **named):
    return fails(DeliveryUnknown, *arguments, **named)
