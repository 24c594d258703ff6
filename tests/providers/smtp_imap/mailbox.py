"""A mailbox that tests one server at a time, and looks for its password in everything a failure leaves behind."""

import base64
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from nimbus.providers.contract import Network, Secret, ServerLogin
from nimbus.providers.errors import ProviderError
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.probe import Probe
from nimbus.providers.smtp_imap.round_trip import Found, look_for_probe, send_probe
from nimbus.rules.connection_test import Leg, Security, Step
from nimbus.security.outbound import OutboundPolicy

CANARY = 'Canary "Pässword\\ 7'
_numbers = itertools.count(1)


@dataclass
class Notebook:
    """Writes down which steps began and passed."""

    steps: list[tuple[str, Leg, Step]] = field(default_factory=list)
    details: dict[tuple[Leg, Step], str] = field(default_factory=dict)

    def began(self, leg: Leg, step: Step) -> None:
        self.steps.append(("began", leg, step))

    def passed(self, leg: Leg, step: Step, detail: str) -> None:
        self.steps.append(("passed", leg, step))
        self.details[leg, step] = detail


def new_probe(address: str = "ann@alpha.test") -> Probe:
    """A test message of its own; nothing else carries its token."""
    token = f"nonce{next(_numbers)}x{datetime.now(UTC):%f}.c2lnbmF0dXJl"
    return Probe(token=token, sender=address, recipient=address, sent_at=datetime.now(UTC))


@dataclass
class Mailbox:
    """Runs either leg against a port of this machine."""

    ca_file: str
    host: str = "localhost"
    username: str = "ann@alpha.test"
    password: str = CANARY
    step_seconds: float = 3.0
    allow_old_tls: bool = False
    allow_unverified: bool = False
    policy: OutboundPolicy = field(default_factory=lambda: OutboundPolicy.parse("127.0.0.0/8 ::1/128"))
    notebook: Notebook = field(default_factory=Notebook)
    dialogue: Dialogue = field(default_factory=Dialogue)

    def login(self, port: int, security: str) -> ServerLogin:
        return ServerLogin(
            host=self.host,
            port=port,
            security=Security(security),
            username=self.username,
            password=Secret(self.password),
            allow_old_tls=self.allow_old_tls,
            allow_unverified=self.allow_unverified,
        )

    @property
    def network(self) -> Network:
        return Network(self.policy, self.ca_file, self.step_seconds)

    def smtp(self, port: int, security: str = "none", probe: Probe | None = None) -> None:
        send_probe(
            self.login(port, security),
            probe or new_probe(),
            self.network,
            watch=self.notebook,
            dialogue=self.dialogue,
        )

    def imap(
        self, port: int, security: str = "none", probe: Probe | None = None, **look: object
    ) -> Found | None:
        options = {"folder": "INBOX", "patience_seconds": 0.0} | look
        return look_for_probe(
            self.login(port, security),
            probe or new_probe(),
            self.network,
            watch=self.notebook,
            dialogue=self.dialogue,
            **options,
        )

    def fails(self, kind: str, port: int, security: str = "none", **options: object) -> ProviderError:
        """The failure of a leg ("smtp" or "imap"), after a search for the password in all that it leaves."""
        with pytest.raises(ProviderError) as caught:
            getattr(self, kind)(port, security, **options)
        error = caught.value
        assert error.leg == kind
        assert self.notebook.steps[-1] == ("began", error.leg, error.step)
        left = f"{error!r} {error} {error.server_line} {dict(error.detail)} {self.dialogue.text()}"
        for form in secret_forms(self.username, self.password):
            assert form not in left
        return error


def secret_forms(username: str, password: str) -> set[str]:
    """The password as it is, quoted, and in the base64 forms that SMTP and IMAP carry."""
    plain = {password, password.replace("\\", "\\\\").replace('"', '\\"')}
    carried = (password, f"\0{username}\0{password}")
    return plain | {base64.b64encode(text.encode()).decode() for text in carried}
