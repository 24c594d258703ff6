"""The small forms of an account's page, one for each thing that can be changed there."""

from wtforms import HiddenField, RadioField
from wtforms.fields.choices import SelectChoice

from nimbus.rules.campaign_types import Restriction
from nimbus.web.forms.base import PlainForm, Required, TextLine, WholeNumber


class LimitForm(PlainForm):
    """The daily send limit; `seen` is the number the form showed, so that two people notice each other."""

    daily_send_limit = WholeNumber(
        "Daily limit",
        least=0,
        most=100_000,
        sentence="Enter a whole number, 0 or more.",
        validators=[Required("Enter a whole number, 0 or more.")],
    )
    seen = HiddenField()


class PriorityForm(PlainForm):
    """The rotation priority."""

    rotation_priority = WholeNumber(
        "Rotation priority",
        least=1,
        most=1000,
        sentence="Enter a number from 1 to 1000; lower goes first.",
        validators=[Required("Enter a number from 1 to 1000; lower goes first.")],
    )


class RestrictionForm(PlainForm):
    """What the inbox may be used for."""

    restriction = RadioField(
        "Used for",
        choices=[
            SelectChoice(Restriction.ANY, "Any campaign"),
            SelectChoice(Restriction.COLD_OUTREACH, "Cold outreach only"),
            SelectChoice(Restriction.NURTURE, "Nurture only"),
        ],
    )


class FolderForm(PlainForm):
    """The IMAP folder that replies are read from."""

    imap_folder = TextLine("Folder", (Required("Enter the folder's name, such as INBOX."),), longest=200)
