"""The forms of a campaign: what it is, when and to whom it sends, and its steps."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from wtforms import (
    Field,
    FieldList,
    Form,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import TimeInput

from nimbus.models.contact_queries import BookRow
from nimbus.rules.campaign_state import StepCopy, WrongCopy
from nimbus.rules.campaign_types import DEFAULT_FLOOR, CampaignType
from nimbus.rules.follow_up import LONGEST_DELAY, MOST_STEPS
from nimbus.rules.sending_hours import DAY
from nimbus.services.copy_campaign import LONGEST_NAME
from nimbus.services.edit_campaign import CampaignSettings
from nimbus.web.components import plural
from nimbus.web.forms.base import PlainForm, Required, TextLine, WholeNumber
from nimbus.web.forms.time_zone import TimeZone
from nimbus.web.ids import row_id

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TYPES = {
    CampaignType.COLD_OUTREACH: "Cold outreach: people who do not know you. Asks for inboxes at stage 3 or more.",
    CampaignType.NURTURE: "Nurture: people who know you. Asks for inboxes at stage 2 or more.",
}
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
_FLOOR = "Enter a whole number from 0 to 100; 70 is the usual one."
_WAITS = f"Enter whole days, {LONGEST_DELAY} at most."


class ClockTime(Field):
    """A time of day as minutes since midnight. `ends`: midnight is the end of the day and not its beginning."""

    widget = TimeInput()

    def __init__(self, label: str, *, ends: bool = False, **options: Any) -> None:
        super().__init__(label, **options)
        self.ends = ends

    @property
    def minutes(self) -> int:
        """What was typed, once the form is valid."""
        return int(self.data or 0)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])[:20]
        minutes = self.data % DAY if self.data is not None else 0
        return f"{minutes // 60:02}:{minutes % 60:02}"

    def process_formdata(self, valuelist: list[str]) -> None:
        found = _CLOCK.fullmatch(valuelist[0].strip()) if valuelist else None
        if found is None or (minutes := int(found[1]) * 60 + int(found[2])) > DAY:
            self.data = None
            raise ValueError("Enter a time of day, such as 09:00.")
        self.data = DAY if self.ends and minutes == 0 else minutes


class NewCampaignForm(PlainForm):
    """What a campaign begins with."""

    name = TextLine(
        "Name",
        (Required("Enter a name, such as “Spring, UK founders”."),),
        longest=LONGEST_NAME,
        description="For you and your team. Recipients do not see it.",
    )
    campaign_type = RadioField(
        "Type",
        choices=[SelectChoice(kind, words) for kind, words in TYPES.items()],
        default=CampaignType.COLD_OUTREACH,
    )
    min_health_score = WholeNumber(
        "Health floor",
        least=0,
        most=100,
        sentence=_FLOOR,
        validators=[Required(_FLOOR)],
        default=DEFAULT_FLOOR,
        description="Only inboxes whose health score is this or more send it.",
    )


class SettingsForm(NewCampaignForm):
    """All that is set beside steps and pool."""

    book = SelectField("Address book", validate_choice=False)
    days = SelectMultipleField(
        "Sending days", choices=[SelectChoice(str(number), name) for number, name in enumerate(DAYS)]
    )
    opens = ClockTime("From")
    closes = ClockTime("Until", ends=True, description="00:00 is the end of the day.")
    timezone = TimeZone("Days and hours are those of this zone.")

    def offer(self, books: Iterable[BookRow]) -> None:
        """Offer these books, and none before them."""
        named = (f"{book.name} ({plural(book.contacts, 'contact', 'contacts')})" for book in books)
        choices = [SelectChoice(str(book.id), name) for book, name in zip(books, named, strict=True)]
        self.book.choices = [SelectChoice("", "None yet"), *choices]

    def settings(self) -> CampaignSettings:
        """What was filled in, once the form is valid."""
        return CampaignSettings(
            name=self.name.data or "",
            campaign_type=CampaignType(self.campaign_type.data),
            min_health_score=self.min_health_score.number,
            book_id=self._book_id(),
            timezone=self.timezone.data,
            days=sorted(int(day) for day in self.days.data or ()),
            opens=self.opens.minutes,
            closes=self.closes.minutes,
        )

    def say(self, field: str, sentence: str) -> None:
        """Put what is wrong beside the field that it is about."""
        self["book" if field == "book_id" else field].errors = [sentence]

    def _book_id(self) -> int | None:
        """The chosen book; an id that no row can have is one that is not there."""
        try:
            return row_id(self.book.data) if self.book.data else None
        except ValueError:
            return 0


class StepForm(Form):
    """One step. Only the first has a subject."""

    delay_days = WholeNumber(
        "Days after the step before",
        least=0,
        most=LONGEST_DELAY,
        sentence=_WAITS,
        validators=[Required(_WAITS)],
    )
    subject = TextLine("Subject", longest=255)
    body = TextAreaField("Text")
    html = TextAreaField("HTML")

    def copy(self) -> StepCopy:
        """The step as it was written, with plain line ends."""
        body, html = ((field.data or "").replace("\r\n", "\n") for field in (self.body, self.html))
        return StepCopy(self.delay_days.number, self.subject.data or "", body, html if html.strip() else "")


class StepsForm(PlainForm):
    """The steps of a campaign, in order: one at least."""

    steps = FieldList(FormField(StepForm), min_entries=1, max_entries=MOST_STEPS)

    def copies(self) -> list[StepCopy]:
        """The steps as they were written, once the form is valid."""
        return [entry.form.copy() for entry in self.steps]

    def typed(self) -> list[dict[str, Any]]:
        """What stands in each step's fields, valid or not."""
        return [{field.short_name: field.data for field in entry.form} for entry in self.steps]

    def say(self, wrong: Sequence[WrongCopy]) -> None:
        """Put what is wrong beside the fields that it is about."""
        for step, field, sentence in wrong:
            self.steps[step].form[field].errors = [sentence]

    @property
    def problems(self) -> "Problems":
        """The fields of all steps in one row, for the summary on top."""
        return Problems([field for entry in self.steps for field in entry.form])


class Problems:
    """Some fields as the summary of a form's errors wants them."""

    form_errors: Sequence[str] = ()

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields)

    @property
    def errors(self) -> list[str]:
        return [error for field in self._fields for error in field.errors]


def steps_form(steps: Sequence[Any]) -> StepsForm:
    """A form that holds these steps; each is a mapping, or has attributes, by the names of StepForm's fields."""
    rows = [each if isinstance(each, dict) else _row(each) for each in steps]
    return StepsForm(formdata=None, data={"steps": rows or [{"delay_days": 0}]})


def _row(step: Any) -> dict[str, Any]:
    return {name: getattr(step, name) for name in ("delay_days", "subject", "body", "html")}
