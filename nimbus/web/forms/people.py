"""The forms of the first start and of signing in."""

from zoneinfo import available_timezones

from wtforms import HiddenField, SelectField
from wtforms.validators import Length

from nimbus.security.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from nimbus.web.forms.base import PlainForm, Required, SecretLine, TextLine, is_email_address


class SetupForm(PlainForm):
    """Makes the workspace and its owner."""

    code = TextLine("Set-up code", (Required("Enter the code that the terminal shows."),), longest=40)
    workspace = TextLine("Workspace", (Required("Enter a name, such as your agency's."),), longest=100)
    name = TextLine("Your name", (Required("Enter your name."),), longest=100)
    email = TextLine("Email", (Required("Enter your email address."), is_email_address), longest=254)
    password = SecretLine(
        "Password",
        (
            Required("Enter a password."),
            Length(min=MINIMUM_LENGTH, message=f"Use at least {MINIMUM_LENGTH} characters; 15 are better."),
        ),
        longest=MAXIMUM_LENGTH,
    )
    timezone = SelectField(
        "Time zone", choices=lambda: sorted(available_timezones()), default="UTC", validate_choice=True
    )


class SignInForm(PlainForm):
    """Email and password; anything may be typed, only the right pair opens."""

    email = TextLine("Email", (Required("Enter your email address."),), longest=254)
    password = SecretLine("Password", (Required("Enter your password."),), longest=MAXIMUM_LENGTH)
    next = HiddenField()
