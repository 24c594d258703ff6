"""The form of a new workspace."""

from zoneinfo import available_timezones

from wtforms import SelectField

from nimbus.web.forms.base import PlainForm, Required, TextLine


class NewWorkspaceForm(PlainForm):
    """Its name, and the zone its days begin in."""

    name = TextLine("Name", (Required("Enter a name, such as the agency's."),), longest=100)
    timezone = SelectField("Time zone", choices=lambda: sorted(available_timezones()))
