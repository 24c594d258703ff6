"""The field in which a workspace chooses its time zone: six hundred options, read and drawn once."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from markupsafe import Markup, escape
from wtforms import SelectField
from wtforms.fields.choices import Choice
from wtforms.widgets import Select


@cache
def zones() -> tuple[str, ...]:
    """Every IANA zone that this machine knows, in order. Asking takes a walk through some hundred files."""
    return tuple(sorted(available_timezones()))


class _Zones(Select):
    @classmethod
    def render_option(cls, choice: Choice) -> Markup:
        drawn: Markup = super().render_option(choice) if choice.selected else _option(choice.value)
        return drawn


@cache
def _option(zone: str) -> Markup:
    return Markup('<option value="{0}">{0}</option>').format(escape(zone))


class TimeZone(SelectField):
    """A zone that there is."""

    widget = _Zones()

    def __init__(self, description: str = "", **options: Any) -> None:
        super().__init__("Time zone", description=description, choices=zones, **options)
