"""The forms of the first start, of signing in, and of one's own name and password."""

from typing import Any

from wtforms import Field, Form, HiddenField
from wtforms.validators import StopValidation

from nimbus.security.passwords import GOOD_LENGTH, MAXIMUM_LENGTH, MINIMUM_LENGTH, why_refused
from nimbus.web.forms.base import PlainForm, Required, SecretLine, TextLine, is_email_address
from nimbus.web.forms.time_zone import TimeZone


class NewPassword(SecretLine):
    """A password that somebody chooses: long enough, and nothing that would be tried first.

    It may be neither of the form's `email`, `name` and `workspace`, nor one of the words that a view puts into the
    form's `own_words` because they are known without being typed.
    """

    def __init__(self, label: str = "Password", **options: Any) -> None:
        super().__init__(
            label,
            (Required("Enter a password."), _may_be_chosen),
            longest=MAXIMUM_LENGTH,
            description=f"At least {MINIMUM_LENGTH} characters; {GOOD_LENGTH} are better. Several words work well.",
            **options,
        )


def _may_be_chosen(form: Form, field: Field) -> None:
    typed = [form[name].data or "" for name in ("email", "name", "workspace") if name in form]
    if refusal := why_refused(field.data or "", own=(*typed, *getattr(form, "own_words", ()))):
        raise StopValidation(refusal)


class SetupForm(PlainForm):
    """Makes the workspace and its owner."""

    code = TextLine("Set-up code", (Required("Enter the code that the terminal shows."),), longest=40)
    workspace = TextLine("Workspace", (Required("Enter a name, such as your agency's."),), longest=100)
    name = TextLine("Your name", (Required("Enter your name."),), longest=100)
    email = TextLine("Email", (Required("Enter your email address."), is_email_address), longest=254)
    password = NewPassword()
    timezone = TimeZone(default="UTC")


class SignInForm(PlainForm):
    """Email and password; anything may be typed, only the right pair opens."""

    email = TextLine("Email", (Required("Enter your email address."),), longest=254)
    password = SecretLine("Password", (Required("Enter your password."),), longest=MAXIMUM_LENGTH)
    next = HiddenField()


class ConfirmForm(PlainForm):
    """The password once more, before something that matters."""

    password = SecretLine("Your password", (Required("Enter your password."),), longest=MAXIMUM_LENGTH)
    next = HiddenField()


class NameForm(PlainForm):
    """One's own name, as others see it."""

    name = TextLine("Name", (Required("Enter your name."),), longest=100)


class PasswordForm(PlainForm):
    """Another password, asked for with the one that is in force."""

    own_words: tuple[str, ...] = ()
    current_password = SecretLine(
        "Current password", (Required("Enter your current password."),), longest=MAXIMUM_LENGTH
    )
    password = NewPassword("New password")
