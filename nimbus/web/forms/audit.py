"""What the audit log can be narrowed to."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateField, Form, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from nimbus.models.audit_queries import AuditFilter
from nimbus.rules.audit import WORDS, Action
from nimbus.web.forms.base import PlainForm, TextLine

NOBODY = "nimbus"  # stands for what NimbusOS did by itself
_YEARS = range(2000, 2100)  # within which every zone can say when a day begins


class Day(DateField):
    """A calendar day, or nothing."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, [Optional()], **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a day like 2026-03-31.") from None

    def pre_validate(self, form: Form) -> None:  # noqa: ARG002 - WTForms passes it by name
        if self.data and self.data.year not in _YEARS:
            raise ValidationError(f"Enter a day from {_YEARS[0]} to {_YEARS[-1]}.")


class AuditFilterForm(PlainForm):
    """Each field narrows the lines further; an empty one does not."""

    person = SelectField("Who", default="")
    action = SelectField(
        "What",
        default="",
        choices=[
            SelectChoice("", "Anything"),
            *(SelectChoice(action.value, words.capitalize()) for action, words in WORDS.items()),
        ],
    )
    q = TextLine("To what", longest=200)
    since = Day("From")
    until = Day("To")

    def know(self, people: Iterable[tuple[int, str]]) -> None:
        """Offer the people whom the log names."""
        named = [SelectChoice(str(user_id), name) for user_id, name in people]
        self.person.choices = [SelectChoice("", "Anybody"), *named, SelectChoice(NOBODY, "NimbusOS itself")]

    def validate_until(self, field: Day) -> None:
        if self.since.data and field.data and field.data < self.since.data:
            raise ValidationError("This day is before the first one.")

    def wanted(self, timezone: str) -> AuditFilter:
        """The filter; days are those of an IANA zone, the last one included."""
        by_nobody = self.person.data == NOBODY
        return AuditFilter(
            user_id=int(self.person.data) if self.person.data and not by_nobody else None,
            by_nobody=by_nobody,
            action=Action(self.action.data) if self.action.data else None,
            text=self.q.data or "",
            since=_begin(self.since.data, timezone) if self.since.data else None,
            until=_begin(self.until.data + timedelta(days=1), timezone) if self.until.data else None,
        )

    def given(self) -> dict[str, Any]:
        """The fields that narrow, as an address carries them."""
        typed = {field.name: field.data for field in self if field.data}
        return {name: str(value) for name, value in typed.items()}

    def in_words(self) -> list[str]:
        """The same for people: “Who: Alice”."""
        chosen = {choice.value: choice.label for choice in (*self.person.choices, *self.action.choices)}
        return [
            f"{self[name].label.text}: {chosen.get(value, value) if name in {'person', 'action'} else value}"
            for name, value in self.given().items()
        ]


def _begin(day: date, timezone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
