"""What every template can use without importing it: the macros of templates/components as `ui`, and times in words."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from jinja2 import Environment, pass_context
from jinja2.runtime import Context, Macro
from markupsafe import Markup

from nimbus.clock import now
from nimbus.rules import durations
from nimbus.rules.connection_test import DEFAULT_PORTS

COMPONENTS = "components/"


class Ui:
    """All macros of templates/components under one name: `ui.field(…)`, `ui.icon(…)`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @cached_property
    def _macros(self) -> dict[str, Macro]:
        # Read on first use: a macro sees the globals that exist when its file is loaded, and extensions add theirs late.
        names = self._environment.list_templates(
            filter_func=lambda name: name.startswith(COMPONENTS) and not name.startswith(f"{COMPONENTS}_"),
        )
        modules = [self._environment.get_template(name).module for name in names]
        return {
            name: item for module in modules for name, item in vars(module).items() if isinstance(item, Macro)
        }

    def __getattr__(self, name: str) -> Macro:
        try:
            return self._macros[name]
        except KeyError:
            raise AttributeError(f"templates/components has no macro “{name}”") from None


def init_components(app: Flask) -> None:
    """Give the templates of an application their components, times and rates."""
    app.jinja_env.globals.update(
        ui=Ui(app.jinja_env),
        when=when,
        clock_time=clock_time,
        exact_time=exact_time,
        clock=clock,
        both_clocks=both_clocks,
        day_and_month=day_and_month,
        default_ports={
            str(leg): {str(kind): port for kind, port in ports.items()}
            for leg, ports in DEFAULT_PORTS.items()
        },
        operator_notice=app.extensions["nimbus.settings"].notice,
    )
    app.jinja_env.filters["percent"] = percent
    app.jinja_env.filters["plural"] = plural
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


@pass_context
def when(context: Context, moment: datetime) -> Markup:
    """A moment as “4 min ago”, with the full local time for a pointer and the exact one for machines."""
    return _time(context, moment, lambda zone: relative(moment, now(), zone))


@pass_context
def clock_time(context: Context, moment: datetime) -> Markup:
    """A moment as the workspace's clock shows it, “14:05”; the day and zone are in the title."""
    return _time(context, moment, lambda zone: durations.clock_time(moment, zone))


@pass_context
def exact_time(context: Context, moment: datetime) -> Markup:
    """A moment to the second, “14:05:09”, with the day before it once that is over."""
    return _time(context, moment, lambda zone: _to_the_second(moment, zone))


@pass_context
def clock(context: Context, moment: datetime) -> Markup:
    """A moment with its day, as the workspace's clock shows it: “23 Nov, 14:20”."""
    return _time(context, moment, lambda zone: _with_day(moment, zone))


@pass_context
def both_clocks(context: Context, moment: datetime) -> Markup:
    """The same with the name of the zone, and in UTC beside it where that is another clock."""
    zone = _zone(context)
    shown = Markup("<span>{} {}</span>").format(clock(context, moment), zone)
    if zone == "UTC":
        return shown
    return Markup('{} <span class="muted small">{} UTC</span>').format(shown, _with_day(moment, "UTC"))


def day_and_month(day: date) -> str:
    """A calendar day, “23 Nov”."""
    return f"{day:%-d %b}"


def relative(moment: datetime, current: datetime, zone: str) -> str:
    """The distance of a moment in words, “3 h ago” or “in 5 min”; from a week on the date in an IANA zone, “12 Nov”."""
    if abs(current - moment) >= timedelta(days=7):
        return durations.day_and_month(moment, zone)
    return (
        f"in {durations.in_words(moment - current)}" if moment > current else durations.ago(moment, current)
    )


def percent(rate: float) -> str:
    """A share from 0 to 1 as “3.8 %”."""
    return f"{rate * 100:.1f}\N{NO-BREAK SPACE}%"


def plural(count: int, one: str, many: str) -> str:
    """A count with its noun: “1 inbox”, “1,204 inboxes”."""
    return f"{count:,} {one if count == 1 else many}"


def _with_day(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%-d %b, %H:%M}"


def _zone(context: Context) -> str:
    workspace: Any = context.get("workspace")
    return workspace.timezone if workspace else "UTC"


def _to_the_second(moment: datetime, zone: str) -> str:
    local, today = moment.astimezone(ZoneInfo(zone)), now().astimezone(ZoneInfo(zone)).date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%-d %b, %H:%M:%S}"


def _time(context: Context, moment: datetime, words: Callable[[str], str]) -> Markup:
    zone = _zone(context)
    title = f"{moment.astimezone(ZoneInfo(zone)):%-d %b %Y, %H:%M:%S} {zone}"
    exact = moment.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, title, words(zone))
