"""The way out through Google's or Microsoft's API: a token when one is needed, and the end of a sign-in that is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from nimbus.clock import now
from nimbus.providers.contract import Accepted, OpenSender, Secret
from nimbus.providers.errors import GrantRefused, SendRefused
from nimbus.providers.gmail import sending as gmail
from nimbus.providers.microsoft import sending as microsoft
from nimbus.rules.oauth_answers import ends_grant
from nimbus.rules.providers import Provider
from nimbus.services.oauth_tokens import GrantLost, GrantUnavailable, access_token, lose_token
from nimbus.services.provider_apps import current_hosts

_OPEN = {Provider.GMAIL: gmail.open_sender, Provider.MICROSOFT: microsoft.open_sender}
_FIND = {Provider.GMAIL: gmail.find_copy, Provider.MICROSOFT: microsoft.find_copy}
_READ = {Provider.GMAIL: gmail.sent_message_id, Provider.MICROSOFT: microsoft.sent_message_id}


class AccountAccess:
    """The access token of one account, in the manner that providers ask for it: True wants another than the last."""

    def __init__(self, workspace_id: int, account_id: int) -> None:
        self._ids = workspace_id, account_id
        self._last: Secret | None = None

    def __call__(self, fresh: bool) -> Secret:  # noqa: FBT001 - as `contract.Access` has it
        """A token; raises GrantRefused with what is the matter."""
        try:
            self._last = access_token(*self._ids, instead_of=self._last if fresh else None)
        except GrantLost as lost:
            self._last = None
            raise GrantRefused(lost.ending) from None
        except GrantUnavailable as problem:
            raise GrantRefused(problem.ending, problem.line) from None
        return self._last

    def refused(self, refused: GrantRefused) -> None:
        """The provider would not have the last token, however new: where that ends the sign-in, the account says so."""
        if self._last is not None and ends_grant(refused.ending):
            lose_token(*self._ids, self._last, refused)


@contextmanager
def open_api_sender(provider: Provider, workspace_id: int, account_id: int) -> Iterator[OpenSender]:
    """A way out for one account; raises nothing before it is asked to send."""
    access = AccountAccess(workspace_id, account_id)
    with _OPEN[provider](current_hosts(), access, now) as sender:
        yield _Marking(sender, access)


class _Marking:
    """Sends as its sender does, and has the account marked when a refusal ends its sign-in."""

    def __init__(self, sender: OpenSender, access: AccountAccess) -> None:
        self._sender = sender
        self._access = access

    def is_ready(self) -> bool:
        return self._sender.is_ready()

    def send(
        self, message: bytes, *, sender: str, recipient: str, before_body: Callable[[], bool]
    ) -> Accepted:
        try:
            return self._sender.send(message, sender=sender, recipient=recipient, before_body=before_body)
        except SendRefused as refused:
            if refused.ending is not None:
                self._access.refused(GrantRefused(refused.ending, refused.line))
            raise


class Copy(NamedTuple):
    """A message as it lies at the provider: its id there, and the Message-ID that it has there."""

    provider_id: str
    message_id: str


class SentAtProvider:
    """The Sent folder of one account, asked of its provider."""

    def __init__(self, provider: Provider, workspace_id: int, account_id: int) -> None:
        self._provider = provider
        self._hosts = current_hosts()
        self._access = AccountAccess(workspace_id, account_id)

    def copy_of(self, message_id: str, *, provider_id: str | None, mark: str, since: datetime) -> Copy | None:
        """A message by the provider's id, where one is known, else by its own marks; None proves nothing."""
        of_inbox = self._hosts, self._access
        try:
            found = provider_id or _FIND[self._provider](*of_inbox, message_id, mark=mark, since=since)
            named = _READ[self._provider](*of_inbox, found) if found else None
        except GrantRefused as refused:
            self._access.refused(refused)
            return None
        return Copy(found, named) if found and named else None
