"""What Gmail and Graph have in common for us: calls in an inbox's name, and sending by a POST that is never repeated.

A 401 has certainly done nothing: it is asked again once, with a token made just now. After any other fault that came when
the request had begun to leave, nobody knows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from nimbus.providers.contract import Accepted, Access, Hosts, Secret
from nimbus.providers.errors import CursorLost, DeliveryUnknown, GrantRefused, Secrets, SendRefused, safe_line
from nimbus.providers.http import Answer, Ask, NoAnswer, ask
from nimbus.rules.api_answers import ApiError, Kind, Refusal, read_ending
from nimbus.rules.oauth_answers import GrantEnding, ends_grant
from nimbus.rules.send_answer_kinds import Category, Stage

_SIGN_IN: Final = frozenset({Kind.SIGN_IN, Kind.SIGN_IN_POLICY})
_STAGES = {
    Category.SIGN_IN_LOST: Stage.SIGN_IN,
    Category.APP_WRONG: Stage.SIGN_IN,
    Category.CONNECTION: Stage.CONNECT,
}
_SILENT = "The server did not confirm within {seconds:.0f} seconds that it took the message."
_BROKEN_OFF = "The connection broke off before the server confirmed that it took the message."
_FAULT = "The server answered with a fault of its own, so it may have taken the message."
_NONSENSE = "The server answered the message with something that is no answer."


class Interface(NamedTuple):
    """How one provider says that something is wrong, and what that means."""

    read_error: Callable[[Answer], ApiError]
    kind_of: Callable[[ApiError], Kind]
    refusal_of: Callable[[ApiError, datetime], Refusal | None]


def fetch(hosts: Hosts, interface: Interface, access: Access, request: Ask) -> dict[str, Any] | None:
    """The JSON object of a look-up, None where there is no such thing.

    Raises GrantRefused, `unavailable` included, and CursorLost where the past is asked for and forgotten.
    """
    answer, token = _look(hosts, request, access(False))
    if _wants_token(interface, answer):
        answer, token = _look(hosts, request, access(True))
    return _found(interface, answer, token)


def fetch_raw(hosts: Hosts, interface: Interface, access: Access, request: Ask) -> bytes | None:
    """The bytes of a look-up as they came, None where there is no such thing; raises as fetch()."""
    answer, token = _look(hosts, request, access(False))
    if _wants_token(interface, answer):
        answer, token = _look(hosts, request, access(True))
    if answer.status == 200:
        return answer.body
    _judge(interface, answer, token)
    return None


def fetch_with(hosts: Hosts, interface: Interface, token: Secret, request: Ask) -> dict[str, Any] | None:
    """As fetch(), with the one token there is."""
    return _found(interface, *_look(hosts, request, token))


class ApiSender:
    """Sends with one POST a message; there is no connection to keep, so it takes another one at any time."""

    def __init__(
        self, hosts: Hosts, interface: Interface, access: Access, *, now: Callable[[], datetime], way: "Way"
    ) -> None:
        self._hosts = hosts
        self._interface = interface
        self._access = access
        self._now = now
        self._way = way

    def is_ready(self) -> bool:
        """Always: what fails, fails with its message."""
        return True

    def send(
        self,
        message: bytes,
        *,
        sender: str,  # noqa: ARG002 - both are named in the message, and whose mailbox it is the token says
        recipient: str,  # noqa: ARG002
        before_body: Callable[[], bool],
    ) -> Accepted:
        """Have one message accepted; see OpenSender."""
        if len(message) > self._way.most_bytes:
            raise SendRefused(Stage.MAIL, "", "", category=Category.SIZE_OR_FORMAT)
        request, fence = self._way.request(self._hosts, message), _Once(before_body)
        token = self._token(fresh=False)
        answer = self._posted(replace(request, token=token), fence)
        if _wants_token(self._interface, answer):
            token = self._token(fresh=True)
            answer = self._posted(replace(request, token=token), fence)
        return self._judged(answer, Secrets(token.reveal()))

    def _token(self, *, fresh: bool) -> Secret:
        try:
            return self._access(fresh)
        except GrantRefused as refused:
            raise _without_token(refused) from None

    def _posted(self, request: Ask, fence: "_Once") -> Answer:
        try:
            return ask(self._hosts, request, before_body=fence)
        except NoAnswer as error:
            if not error.may_have_arrived:
                raise SendRefused(Stage.CONNECT, "", "", category=Category.CONNECTION) from None
            silent = _SILENT.format(seconds=self._hosts.send_seconds)
            raise DeliveryUnknown("", silent if error.timed_out else _BROKEN_OFF) from None

    def _judged(self, answer: Answer, secrets: Secrets) -> Accepted:
        if answer.is_success:
            accepted = self._way.accepted(answer)
            if accepted is None:
                raise DeliveryUnknown(f"{answer.status}", _NONSENSE)
            return accepted
        error = self._interface.read_error(answer)
        refusal, line = self._interface.refusal_of(error, self._now()), _line(error, secrets)
        if refusal is None:
            raise DeliveryUnknown(line, _FAULT)
        raise SendRefused(
            _STAGES.get(refusal.category, Stage.BODY),
            line,
            line,
            category=refusal.category,
            retry_after=refusal.retry_after,
            ending=refusal.ending,
        )


@dataclass(frozen=True)
class Way:
    """How one provider takes a message: how long it may be, the request without its token, and the answer to it.

    `accepted` gives None when the answer does not say that the message was taken.
    """

    most_bytes: int
    request: Callable[[Hosts, bytes], Ask]
    accepted: Callable[[Answer], Accepted | None]


class _Once:
    """Whoever sends is asked once: the second try of a message is still the same try."""

    def __init__(self, before_body: Callable[[], bool]) -> None:
        self._before_body = before_body
        self._is_passed = False

    def __call__(self) -> bool:
        self._is_passed = self._is_passed or self._before_body()
        return self._is_passed


def _without_token(refused: GrantRefused) -> SendRefused:
    """The refusal of a message for which there is no token; nothing of it has left."""
    if ends_grant(refused.ending):
        category = Category.SIGN_IN_LOST
    elif refused.ending is GrantEnding.APP_WRONG:
        category = Category.APP_WRONG
    else:
        category = Category.CONNECTION
    return SendRefused(Stage.SIGN_IN, "", refused.line, category=category, ending=refused.ending)


def _look(hosts: Hosts, request: Ask, token: Secret) -> tuple[Answer, Secret]:
    try:
        return ask(hosts, replace(request, token=token)), token
    except NoAnswer as error:
        raise GrantRefused(GrantEnding.UNAVAILABLE, str(error)) from None


def _wants_token(interface: Interface, answer: Answer) -> bool:
    return answer.status == 401 and interface.kind_of(interface.read_error(answer)) in _SIGN_IN


def _found(interface: Interface, answer: Answer, token: Secret) -> dict[str, Any] | None:
    if answer.status == 200:
        found = answer.object()
        if found is not None:
            return found
        raise GrantRefused(GrantEnding.UNAVAILABLE, "The answer is not what was promised.")
    _judge(interface, answer, token)
    return None


def _judge(interface: Interface, answer: Answer, token: Secret) -> None:
    """Raise what a refusal means, unless it is that there is no such thing."""
    error = interface.read_error(answer)
    kind = interface.kind_of(error)
    if kind is Kind.NOT_FOUND:
        return
    if kind is Kind.SYNC_RESET:
        raise CursorLost
    detail = {"code": safe_line(error.code)} if error.code else {}
    raise GrantRefused(read_ending(kind), _line(error, Secrets(token.reveal())), detail=detail)


def _line(error: ApiError, secrets: Secrets) -> str:
    named = f"{error.status} {error.code}".rstrip()
    return safe_line(f"{named}: {error.message}" if error.message else named, secrets)
