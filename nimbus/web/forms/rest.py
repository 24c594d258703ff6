"""The form that lets an inbox rest: for one of some lengths of time, or until a moment of the workspace's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from wtforms import Field, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import DateTimeLocalInput

from nimbus.clock import now
from nimbus.web.forms.base import PlainForm, TextLine

LONGEST = timedelta(days=30)
LENGTHS = {
    "1": "1 hour",
    "4": "4 hours",
    "24": "24 hours",
    "72": "3 days",
    "168": "7 days",
}
_FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


class RestForm(PlainForm):
    """How long an inbox rests; a moment that was given goes before a length."""

    hours = SelectField(
        "Let it rest for", choices=[SelectChoice(*choice) for choice in LENGTHS.items()], default="24"
    )
    until = TextLine("Or until", longest=40, widget=DateTimeLocalInput())

    def __init__(self, timezone: str) -> None:
        super().__init__()
        self._zone = ZoneInfo(timezone)
        self.until.description = f"{timezone} time, within 30 days"
        self._moment: datetime | None = None

    @property
    def moment(self) -> datetime:
        """Until when, once the form is valid."""
        return self._moment or now() + timedelta(hours=int(self.hours.data))

    def validate_until(self, field: Field) -> None:
        """A moment of the workspace's clock that has not passed, and is not too far off."""
        if not field.data:
            return
        typed, local = _read(field.data), now().astimezone(self._zone).replace(tzinfo=None)
        if typed is None:
            raise ValidationError("Choose a day and a time.")
        # Compared as the clock on the wall shows it: a year that no zone knows never becomes a moment.
        if local < typed <= local + LONGEST:
            self._moment = typed.replace(tzinfo=self._zone).astimezone(UTC)
        if self._moment is None or self._moment <= now():
            raise ValidationError(
                "Choose a moment within the next 30 days. To stop it for longer, take it out of rotation."
            )


def _read(text: str) -> datetime | None:
    for each in _FORMATS:
        try:
            return datetime.strptime(text, each)  # noqa: DTZ007 - a time on the wall; its zone is the workspace's
        except ValueError:
            continue
    return None
