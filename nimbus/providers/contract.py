"""What services hand to a provider and get back: small frozen values and the watcher of a test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nimbus.rules.connection_test import STEP_SECONDS, Leg, Security, Step
from nimbus.rules.providers import Provider
from nimbus.security.outbound import OutboundPolicy


class UnsafeTextError(ValueError):
    """A value holds NUL, CR or LF, which would end a protocol command early."""


def refuse_line_breaks(*values: str) -> None:
    """Raise UnsafeTextError, without echoing the value, if any holds NUL, CR or LF."""
    if any(c in value for value in values for c in "\0\r\n"):
        raise UnsafeTextError("A value holds a line break or a NUL character.")


class Secret:
    """A password that prints as dots; only reveal() gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The password itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("A secret is not written anywhere.")


@dataclass(frozen=True, kw_only=True)
class ServerLogin:
    """One server and how to sign in to it; raises UnsafeTextError on NUL, CR or LF in any text."""

    host: str
    port: int
    security: Security
    username: str
    password: Secret
    allow_old_tls: bool = False
    allow_unverified: bool = False

    def __post_init__(self) -> None:
        refuse_line_breaks(self.host, self.username, self.password.reveal())


@dataclass(frozen=True)
class Network:
    """How we may reach the world: the operator's policy, extra certificate authority, seconds a step may take."""

    policy: OutboundPolicy
    ca_file: str | None = None
    step_seconds: float = STEP_SECONDS


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """Where Google and Microsoft answer, by the names of the settings, and how we may reach them.

    call_seconds: a whole call, from looking up the name to the answer's last byte; send_seconds: one with a message.
    """

    google_auth_url: str
    google_token_url: str
    google_revoke_url: str
    google_userinfo_url: str
    gmail_api_base: str
    ms_login_base: str
    ms_graph_base: str
    ca_file: str | None = None
    resolvers: tuple[tuple[str, int], ...] = ()
    call_seconds: float = 15.0
    send_seconds: float = 60.0


@dataclass(frozen=True, kw_only=True)
class OAuthApp:
    """The application that asks; `tenant` is Microsoft's: common, organizations, consumers or one directory."""

    provider: Provider
    client_id: str
    client_secret: Secret
    tenant: str = ""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What an exchange or a refresh yields; without `refresh` the one that was used stays good.

    expires_in: seconds; scopes: what was granted, as rules/oauth.py spells it.
    """

    access: Secret
    refresh: Secret | None
    expires_in: int
    scopes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose mailbox it is: its address in lower case, the person's name, and the provider's own id of the person."""

    address: str
    name: str
    subject: str
    is_consumer: bool


# Gives an access token; True asks for one that was made just now. Raises GrantRefused when there is none.
Access = Callable[[bool], Secret]


@dataclass(frozen=True)
class Accepted:
    """How a message was accepted: a line that says so, printable and at most 200 characters, and the provider's ids."""

    line: str
    provider_id: str | None = None
    thread_id: str | None = None


class Watch(Protocol):
    """Is told of each step as it happens, so that a page can show it live."""

    def began(self, leg: Leg, step: Step) -> None: ...

    def passed(self, leg: Leg, step: Step, detail: str) -> None: ...


class Unwatched:
    """Watches nothing: for what no page shows live."""

    def began(self, leg: Leg, step: Step) -> None: ...

    def passed(self, leg: Leg, step: Step, detail: str) -> None: ...


class OpenSender(Protocol):
    """A way out that stands open: messages leave over it one after another, none of them ever twice."""

    def is_ready(self) -> bool:
        """Whether it takes another message. False: it has ended; open another before claiming one."""
        ...

    def send(
        self, message: bytes, *, sender: str, recipient: str, before_body: Callable[[], bool]
    ) -> Accepted:
        """Have one message accepted.

        `before_body` is asked at the last moment at which nothing has left; on False, StoppedBeforeBody. Raises
        SendRefused when the message was certainly not taken, DeliveryUnknown when nobody can tell. Tries once.
        """
        ...
