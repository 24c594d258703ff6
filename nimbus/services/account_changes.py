"""What people change on one account or on many: the rule of each change, its words, and its way back.

A change is a few plain values, so that it can be kept beside what it can be taken back with.
"""

from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple, Protocol, Self

from sqlalchemy.orm import Session

from nimbus.errors import NimbusError
from nimbus.models import EmailAccountHealth, Workspace
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.limit_ramp import LimitMode
from nimbus.rules.providers import Provider
from nimbus.services.todays_limit import ceiling_of, set_todays_limit

_RESTRICTION_SENTENCES = {
    Restriction.ANY: "May be used for any campaign",
    Restriction.COLD_OUTREACH: "Reserved for cold outreach",
    Restriction.NURTURE: "Reserved for nurture",
}


class CannotChange(NimbusError):
    """The account does not allow it. `in_short` is the reason among many others: “12 are capped at 20”."""

    def __init__(self, sentence: str, in_short: str) -> None:
        super().__init__(sentence)
        self.in_short = in_short


class LimitTooHigh(CannotChange):
    """The number is above what the provider lets this mailbox send."""


class Said(NamedTuple):
    """A change in words: for the account's log, and for the audit log. `turn`: before and after, of a decided number."""

    kind: str
    sentence: str
    details: dict[str, str]
    turn: tuple[str, str] | None = None


class Change(Protocol):
    """A change that any account can be given, within the caller's transaction and with the account's row locked."""

    def before(self, session: Session, account: EmailAccountHealth) -> list[Any]:
        """What taking it back would bring again, as JSON."""

    def make(self, session: Session, account: EmailAccountHealth) -> Said | None:
        """Make it; None where it is so already. Raises CannotChange."""

    def take_back(self, session: Session, account: EmailAccountHealth, before: list[Any]) -> Said | None:
        """Bring back what was before; None where somebody has changed it since. Raises CannotChange."""

    def stored(self) -> list[Any]:
        """The change's own values, as JSON; the class's `read` makes the change of them again."""

    @classmethod
    def read(cls, values: list[Any]) -> Self:
        """The change that `stored` gave these values of."""


@dataclass(frozen=True, slots=True)
class _OfColumns:
    """A change of columns. The fields bear the columns' names; the first is what the change is about."""

    def before(self, _session: Session, account: EmailAccountHealth) -> list[Any]:
        return [_plain(getattr(account, name)) for name in self._columns()]

    def make(self, _session: Session, account: EmailAccountHealth) -> Said | None:
        first, *_ = self._columns()
        if getattr(account, first) == getattr(self, first):
            return None
        said = self._in_words(account)
        for name in self._columns():
            setattr(account, name, getattr(self, name))
        return said

    def take_back(self, session: Session, account: EmailAccountHealth, before: list[Any]) -> Said | None:
        if any(getattr(account, name) != getattr(self, name) for name in self._columns()):
            return None
        return self.read(before).make(session, account)

    def stored(self) -> list[Any]:
        return [_plain(value) for value in astuple(self)]

    @classmethod
    def read(cls, values: list[Any]) -> Self:
        """The change with these values, whether `stored` or `before` gave them."""
        return cls(*values)

    def _columns(self) -> list[str]:
        return [each.name for each in fields(self)]

    def _in_words(self, account: EmailAccountHealth) -> Said:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Limit(_OfColumns):
    """Another daily limit; one that a person has typed is not moved by the ramp."""

    daily_send_limit: int
    limit_mode: str = LimitMode.MANUAL

    def make(self, session: Session, account: EmailAccountHealth) -> Said | None:
        refuse_above_ceiling(account, self.daily_send_limit)
        said = _OfColumns.make(self, session, account)
        if said:
            set_todays_limit(account, session.get_one(Workspace, account.workspace_id).timezone)
        return said

    def _in_words(self, account: EmailAccountHealth) -> Said:
        before, after = str(account.daily_send_limit), str(self.daily_send_limit)
        turn = f"from {before} to {after}"
        return Said("limit", f"Daily limit changed {turn}", {"daily_limit": turn}, (before, after))


@dataclass(frozen=True, slots=True)
class Priority(_OfColumns):
    """Another rotation priority, 1 to 1000; lower goes first."""

    rotation_priority: int

    def _in_words(self, account: EmailAccountHealth) -> Said:
        turn = f"from {account.rotation_priority} to {self.rotation_priority}"
        return Said("priority", f"Rotation priority changed {turn}", {"rotation_priority": turn})


@dataclass(frozen=True, slots=True)
class Restrict(_OfColumns):
    """Reserved for one type of campaign, or for none."""

    restriction: str

    def _in_words(self, _account: EmailAccountHealth) -> Said:
        used_for = {"used_for": self.restriction.replace("_", " ")}
        return Said("restriction", _RESTRICTION_SENTENCES[Restriction(self.restriction)], used_for)


@dataclass(frozen=True, slots=True)
class Rotation(_OfColumns):
    """Taken out of rotation or put back, when and by whom."""

    is_active: bool
    is_active_changed_at: datetime | None
    is_active_changed_by: str | None

    @classmethod
    def read(cls, values: list[Any]) -> Self:
        is_active, at, by = values
        return cls(is_active, at and datetime.fromisoformat(at), by)

    def _in_words(self, _account: EmailAccountHealth) -> Said:
        sentence = "Put back into rotation" if self.is_active else "Taken out of rotation"
        return Said("rotation", sentence, {"rotation": "put back" if self.is_active else "taken out"})


def refuse_above_ceiling(account: EmailAccountHealth, limit: int) -> None:
    """Raise LimitTooHigh for more than the account's provider lets it send; its domain is loaded."""
    cap = ceiling_of(account, account.domain.name)
    if limit > cap:
        sentence = f"{_mailboxes(account)} are capped at {cap} mails a day. Enter {cap} or less."
        raise LimitTooHigh(sentence, f"capped at {cap}")


def _mailboxes(account: EmailAccountHealth) -> str:
    if account.provider == Provider.SMTP_IMAP:
        return f"Mailboxes at {account.domain.name}"
    return "Mailboxes of this provider"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
