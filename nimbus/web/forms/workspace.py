"""The forms of a workspace's settings."""

from nimbus.rules.account_limits import LARGEST_LIMIT
from nimbus.web.forms.base import PlainForm, Required, TextLine, WholeNumber
from nimbus.web.forms.time_zone import TimeZone


class WorkspaceForm(PlainForm):
    """What the workspace is called and when its days begin."""

    name = TextLine("Name", (Required("Enter a name, such as your agency's."),), longest=100)
    timezone = TimeZone("Sends are counted by the day in this zone. A change takes effect at once.")


class AccountLimitForm(PlainForm):
    """How many inboxes the workspace may have."""

    account_limit = WholeNumber(
        "Most inboxes",
        least=0,
        most=LARGEST_LIMIT,
        sentence=f"Enter a whole number from 0 to {LARGEST_LIMIT:,}, or leave it empty.",
        description="Leave it empty for no limit. Inboxes beyond a lower number stay.",
    )
