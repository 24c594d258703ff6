"""What a person types to connect a mailbox over SMTP and IMAP, without the passwords."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from nimbus.rules.connection_failure import Attempted
from nimbus.rules.connection_test import Leg, Security


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where one leg's server is and how its connection is encrypted."""

    host: str
    port: int
    security: Security
    username: str


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The fields of the connect form, under the form's own names."""

    email: str
    display_name: str
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_username: str
    imap_host: str
    imap_port: int
    imap_security: str
    imap_username: str
    imap_folder: str = "INBOX"
    allow_old_tls: bool = False
    allow_unverified: bool = False

    @property
    def domain(self) -> str:
        """The sending domain: the part after @, in lower case."""
        return self.email.rpartition("@")[2].lower()

    def server(self, leg: Leg) -> ServerAddress:
        """The address of one leg's server."""
        if leg == Leg.SMTP:
            return ServerAddress(
                self.smtp_host, self.smtp_port, Security(self.smtp_security), self.smtp_username
            )
        return ServerAddress(self.imap_host, self.imap_port, Security(self.imap_security), self.imap_username)

    def attempted(self, leg: Leg) -> Attempted:
        """What a test of this leg tries, as the sentences about its failure name it."""
        server = self.server(leg)
        return Attempted(
            leg,
            server.host,
            server.port,
            server.security,
            folder=self.imap_folder,
            sender=self.email,
            allow_old_tls=self.allow_old_tls,
            allow_unverified=self.allow_unverified,
        )

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The same settings with some fields replaced, as a suggested fix does."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for storage."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from storage or from a form; what is not a setting is left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})
