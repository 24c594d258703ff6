"""The doctor: every part of the installation, looked at one after the other, whatever state the others are in."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from flask import current_app

from nimbus import queues
from nimbus.rules.installation_health import Health, exit_code, worst
from nimbus.services.check import Check
from nimbus.services.check_apps import app_checks
from nimbus.services.check_database import database_checks, file_check
from nimbus.services.check_machine import clock_check, disk_check, memory_check, packages_check, versions
from nimbus.services.check_providers import provider_checks
from nimbus.services.check_settings import (
    address_check,
    key_check,
    place_check,
    refused_settings,
    settings_check,
)
from nimbus.services.check_work import (
    QueueLine,
    WorkerLine,
    backlog_check,
    queue_lines,
    queue_memory_check,
    server_version,
    work_checks,
    worker_lines,
)
from nimbus.settings import current_settings

SLOW_KEPT_SECONDS = 300  # how long a page shows again what takes seconds to look at
_REMEMBERED = "nimbus.doctor"
_Look = Callable[[], Check | list[Check] | None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, in the order in which parts rely on each other."""

    checks: list[Check]
    queues: list[QueueLine]
    workers: list[WorkerLine]
    versions: dict[str, str]

    @property
    def state(self) -> Health:
        """The worst that was found."""
        return worst(check.state for check in self.checks)

    @property
    def worst_first(self) -> list[Check]:
        """The same lines, what is broken on top."""
        return sorted(self.checks, key=lambda check: exit_code(check.state), reverse=True)

    def count(self, state: str) -> int:
        """How many lines are in this state."""
        return sum(check.state == state for check in self.checks)

    @property
    def exit_code(self) -> int:
        """The exit status for monitoring: 0 fine, 1 doubtful, 2 broken."""
        return exit_code(self.state)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for programs, the state of the whole first."""
        plain = asdict(self)
        for check in plain["checks"]:
            del check["action"]  # the checklist's alone
        return {"state": self.state, **plain}

    def as_text(self) -> str:
        """Lines for a terminal or a letter; no secret is in them."""
        lines = [part for check in self.checks for part in _told(check)]
        lines += [
            f"queue {line.name}: {line.waiting} waiting, served by {line.workers}" for line in self.queues
        ]
        return "\n".join([*lines, ", ".join(f"{name} {version}" for name, version in self.versions.items())])


def examine(*, remember: bool = False) -> Diagnosis:
    """Look at everything; takes seconds where something does not answer, and never raises. Needs settings only.

    remember: take what is slow to look at from the last five minutes.
    """
    settings, facts, lines = current_settings(), queues.server_facts(), queue_lines()
    database = _seen("database", "Database", partial(database_checks, settings))
    is_ready = any(check.key == "migrations" and check.state == Health.OK for check in database)
    because = None if is_ready else "the database is not ready"
    slow = _remembered if remember else _seen
    checks = [
        *_seen("settings", "Settings", partial(settings_check, settings)),
        *_seen("address", "Address", partial(address_check, settings)),
        *_seen("key", "Key file", partial(key_check, settings, because)),
        *_seen("place", "Live installation", partial(place_check, because)),
        *database,
        *slow("database_file", "Database file", partial(file_check, settings)),
        *work_checks(),
        backlog_check(lines),
        *_seen("queue_memory", "Queue's memory", partial(queue_memory_check, facts)),
        *_seen("disk", "Disk", partial(disk_check, settings)),
        *_seen("memory", "Memory", memory_check),
        *_seen("clock", "Clock", partial(clock_check, settings)),
        *slow("providers", "Providers", partial(provider_checks, settings)),
        *_seen("apps", "Sign-in apps", partial(app_checks, because)),
        *_seen("packages", "Packages", packages_check),
    ]
    workers = worker_lines() if lines else []
    return Diagnosis(checks, lines or [], workers, versions() | server_version(facts))


def examine_without(problem: Exception) -> Diagnosis:
    """What can be said where the settings are refused; `problem` tells in a sentence which one."""
    checks = [refused_settings(problem), *_seen("memory", "Memory", memory_check), packages_check()]
    return Diagnosis(checks, [], [], versions())


def _seen(key: str, title: str, look: _Look) -> list[Check]:
    """What a look finds. One that breaks is a finding too."""
    try:
        found = look()
    except Exception as problem:  # noqa: BLE001 - whatever it is, the other lines are needed now
        log.warning("The doctor could not look at %s: %s", key, type(problem).__name__)
        sentence = f"It could not be looked at: {type(problem).__name__}."
        return [Check(key, Health.FAIL, title, sentence)]
    if isinstance(found, list):
        return found
    return [found] if found else []


def _remembered(key: str, title: str, look: _Look) -> list[Check]:
    known: dict[str, tuple[float, list[Check]]] = current_app.extensions.setdefault(_REMEMBERED, {})
    since, found = known.get(key, (-math.inf, []))
    if time.monotonic() - since > SLOW_KEPT_SECONDS:
        found = _seen(key, title, look)
        known[key] = time.monotonic(), found
    return found


def _told(check: Check) -> list[str]:
    fixes = [f"Run: {check.command}"] if check.command else []
    fixes += [check.advice] if check.advice else []
    return [f"{check.state:5} {check.title}: {check.sentence}", *(f"      {fix}" for fix in fixes)]
