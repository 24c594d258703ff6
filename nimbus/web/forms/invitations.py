"""What somebody types who follows an invitation. The address comes with it: it is shown, never taken from the form."""

from nimbus.security.passwords import MAXIMUM_LENGTH
from nimbus.web.forms.base import PlainForm, Required, SecretLine, TextLine
from nimbus.web.forms.people import NewPassword


class JoinForm(PlainForm):
    """For somebody new: how they are called, and a password of their own."""

    email = TextLine("Email", longest=254)
    name = TextLine("Your name", (Required("Enter your name."),), longest=100)
    password = NewPassword()
    own_words: tuple[str, ...] = ()


class KnownJoinForm(PlainForm):
    """For somebody who signs in to another workspace already."""

    email = TextLine("Email", longest=254)
    password = SecretLine("Password", (Required("Enter your password."),), longest=MAXIMUM_LENGTH)
