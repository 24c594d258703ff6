"""One line of the checklist, of `flask doctor` and of /system."""

from dataclasses import dataclass

from nimbus.rules.installation_health import Health


@dataclass(frozen=True, slots=True)
class Check:
    """What a look at one part found. `command` repairs it when a person types it; `advice` says what else to do."""

    key: str
    state: Health
    title: str
    sentence: str
    command: str | None = None
    advice: str | None = None
    action: str | None = None


def unknown(key: str, title: str, because: str) -> Check:
    """A part that could not be looked at; `because` completes “Not known while …”."""
    return Check(key, Health.FAIL, title, f"Not known while {because}.")
