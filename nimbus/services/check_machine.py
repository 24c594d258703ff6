"""What the machine gives: disk, memory, a right clock, and the packages that this version was made for."""

import platform
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from nimbus import queues
from nimbus.clock import SystemClock
from nimbus.rules import sizes
from nimbus.rules.installation_health import Health, clock_health, disk_health, memory_health, worst
from nimbus.services.check import Check, unknown
from nimbus.services.check_database import probe, sqlite_path
from nimbus.settings import Settings
from nimbus.settings_kinds import CHECKOUT

_MEMORY = Path("/proc/meminfo")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def disk_check(settings: Settings) -> Check:
    """The room left where data and database lie; a Postgres server's own disk cannot be seen from here."""
    places = {"data": settings.data_dir}
    if path := sqlite_path(settings):
        places["database"] = path.parent
    disks: dict[int, tuple[int, list[str]]] = {}
    for name, place in places.items():
        there = next(parent for parent in (place, *place.parents) if parent.exists())
        disks.setdefault(there.stat().st_dev, (shutil.disk_usage(there).free, []))[1].append(name)
    health = worst(disk_health(free) for free, _ in disks.values())
    sentence = "; ".join(
        f"{sizes.in_words(free)} free for the {' and the '.join(names)}" for free, names in disks.values()
    )
    advice = None
    if health == Health.WARN:
        advice = "Make room, or move NIMBUS_DATA_DIR to a larger disk."
    elif health == Health.FAIL:
        advice = "Make room now: without it nothing can be recorded, and so nothing is sent."
    return Check("disk", health, "Disk", f"{sentence}.", advice=advice)


def clock_check(settings: Settings) -> Check:
    """The clock of this machine beside those of the servers that may run on others."""
    servers: dict[str, Callable[[], datetime | None]] = {}
    if not sqlite_path(settings):
        servers["database"] = lambda: _database_time(settings)
    if settings.redis_url:
        servers["queue"] = queues.server_time
    if not servers:
        return Check("clock", Health.OK, "Clock", "Everything runs on this machine, by one clock.")
    asked = {name: _difference(ask) for name, ask in servers.items()}
    known = {name: difference for name, difference in asked.items() if difference is not None}
    if not known:
        return unknown("clock", "Clock", f"the {' and the '.join(servers)} cannot be asked")
    health = worst(map(clock_health, known.values()))
    if health == Health.OK:
        sentence = f"The same here and for the {' and the '.join(known)}, to within 2 s."
        return Check("clock", health, "Clock", sentence)
    told = "; ".join(
        f"the {name}'s is {abs(difference).total_seconds():,.0f} s {'ahead' if difference > timedelta() else 'behind'}"
        for name, difference in known.items()
        if clock_health(difference) != Health.OK
    )
    advice = "Keep the clocks of all machines right, with NTP: timedatectl set-ntp true"
    return Check("clock", health, "Clock", f"Beside this machine's, {told}.", advice=advice)


def memory_check() -> Check | None:
    """What a program could still get without swapping; None where the system does not say (only Linux does)."""
    if not _MEMORY.exists():
        return None
    found = memory_available(_MEMORY.read_text("ascii"))
    health = memory_health(found)
    advice = "Stop what else runs here, or start fewer workers." if health != Health.OK else None
    return Check("memory", health, "Memory", f"{sizes.in_words(found)} available.", advice=advice)


def memory_available(meminfo: str) -> int:
    """The bytes that Linux calls available."""
    found = re.search(r"^MemAvailable:\s+(\d+) kB$", meminfo, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def packages_check() -> Check:
    """Whether what is installed is what this version was tried with."""
    pinned = _PINNED.findall((CHECKOUT / "requirements.txt").read_text("utf-8"))
    installed = {name: _installed(name) for name, _ in pinned}
    other = [f"{name} {installed[name]}" for name, wanted in pinned if installed[name] != wanted]
    if not other:
        return Check("packages", Health.OK, "Packages", "As pinned in requirements.txt.")
    return Check(
        "packages",
        Health.WARN,
        "Packages",
        f"Not the ones that requirements.txt names: {', '.join(other)}.",
        command=".venv/bin/python -m pip install -r requirements.txt",
    )


def versions() -> dict[str, str]:
    """What a maintainer asks first."""
    return {
        "System": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        **{name: _installed(name) for name in ("Flask", "SQLAlchemy", "RQ")},
    }


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _database_time(settings: Settings) -> datetime | None:
    try:
        with probe(settings) as connection:
            told: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
            return told
    except SQLAlchemyError:
        return None


def _difference(ask: Callable[[], datetime | None]) -> timedelta | None:
    """How far another clock is ahead, at least: it may have been read at any moment of the round trip."""
    clock = SystemClock()
    before, there, after = clock.now(), ask(), clock.now()
    if there is None or before <= there <= after:
        return None if there is None else timedelta()
    return there - after if there > after else there - before
