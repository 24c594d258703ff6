"""A rehearsal: a world, its people and its clock, and what a reset puts back."""

from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from nimbus.clock import MovableClock
from nimbus.sandbox.faults import FAULTS, Faults
from nimbus.sandbox.mail import FAULTS as MAIL_FAULTS
from nimbus.sandbox.people import People
from nimbus.sandbox.world import App, Mailbox, System, World

_MORNING = time(9, tzinfo=UTC)
_LONGEST_STEP = timedelta(days=400)  # the certificate of the mail servers ends then
# What is true of a mailbox or an application, may be changed by hand, and outlives a reset.
FACTS: dict[type, tuple[str, ...]] = {
    Mailbox: (
        "name",
        "password",
        "is_consumer",
        "has_mailbox",
        "send_as_name",
        "sign_in_name",
        "shows_address",
    ),
    App: ("audience", "organization", "api_enabled"),
}
# Faults that one of the providers does not know, and those that strike an application as a whole.
_UNKNOWN_AT = {
    System.GOOGLE: {"admin_approval", "mfa", "reuse_detection", "late_copy", "limits", "repeated_items"},
    System.MICROSOFT: {"quota_units"},
}
_OF_AN_APP = {"forbidden", "throttled", "server_error", "hang", "wrong_json", "token_error"}


class SharedClock(MovableClock):
    """A clock that only goes forward, and writes into a file how far it is ahead: a product follows it there."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._write()

    def advance(self, **by: float) -> None:
        super().advance(**by)
        self._write()

    def _write(self) -> None:
        being_written = self._file.with_suffix(".next")
        being_written.write_text(f"{self.offset.total_seconds()}\n", encoding="ascii")
        being_written.replace(self._file)  # nobody reads half of it


class Rehearsal:
    """What the control page and the tests act on. `mail_ports`: those of smtps, smtp (STARTTLS) and imaps."""

    def __init__(self, world: World, people: People, clock: MovableClock, mail_ports: dict[str, int]) -> None:
        self.world = world
        self.people = people
        self.clock = clock
        self.mail_ports = mail_ports

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, and let happen what is due by then; ValueError for a step that is none."""
        if not timedelta(0) < by <= _LONGEST_STEP:
            raise ValueError("The clock goes forward only, by at most 400 days at a time.")
        self.clock.advance(seconds=by.total_seconds())
        self.people.act()

    def advance_to_morning(self) -> None:
        """Go on to tomorrow 09:00 UTC."""
        now = self.clock.now()
        self.advance(datetime.combine(now.date() + timedelta(days=1), _MORNING) - now)

    def reset(self) -> None:
        """Forget mail, permissions, faults and habits. Mailboxes and applications stay, and so does the time."""
        with self.world.lock:
            mailboxes = [
                (each.address, each.system, facts_of(each)) for each in self.world.mailboxes.values()
            ]
            apps = list(self.world.apps.values())
            self.world.reset()
            for address, system, facts in mailboxes:
                self.world.add(address, system=system, **facts)
            for app in apps:
                self.world.register(
                    app.client_id,
                    app.client_secret,
                    system=app.system,
                    redirect_uris=app.redirect_uris,
                    **facts_of(app),
                )

    def change(self, whose: Mailbox | App, changes: dict[str, Any]) -> None:
        """Change some facts; ValueError for one that does not exist or cannot be so."""
        facts = facts_of(whose)
        for name, value in changes.items():
            if name not in facts or not isinstance(value, type(facts[name])):
                raise ValueError(f"{name} cannot be {value!r}.")
        with self.world.lock:
            for name, value in changes.items():
                setattr(whose, name, value)


def facts_of(whose: Mailbox | App) -> dict[str, Any]:
    """What is true of a mailbox or an application, as `World.add` and `World.register` take it."""
    return {name: getattr(whose, name) for name in FACTS[type(whose)]}


def offered_faults(whose: Mailbox | App) -> dict[str, tuple[str, dict[str, Any]]]:
    """The faults that make sense here: what each does in words, and its values as they are set or would be."""
    if isinstance(whose, Mailbox) and whose.system is System.MAIL:
        return {
            name: (words, {key: value for key, value in _values(whose.faults, name).items() if key in used})
            for name, (words, used) in MAIL_FAULTS.items()
        }
    names = set(FAULTS) - _UNKNOWN_AT[whose.system] if isinstance(whose, Mailbox) else _OF_AN_APP
    return {
        name: (words, _values(whose.faults, name)) for name, (words, _) in FAULTS.items() if name in names
    }


def standing_faults(faults: Faults) -> dict[str, dict[str, Any]]:
    """What goes wrong at the moment, by name."""
    with faults.lock:
        return {name: asdict(fault) for name, fault in faults.standing.items()}


def _values(faults: Faults, name: str) -> dict[str, Any]:
    standing = faults.get(name)
    return dict(standing.values if standing else FAULTS[name][1])
