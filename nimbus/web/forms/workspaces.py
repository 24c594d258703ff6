"""The form of a new workspace."""

from nimbus.web.forms.base import PlainForm, Required, TextLine
from nimbus.web.forms.time_zone import TimeZone


class NewWorkspaceForm(PlainForm):
    """Its name, and the zone its days begin in."""

    name = TextLine("Name", (Required("Enter a name, such as the agency's."),), longest=100)
    timezone = TimeZone()
