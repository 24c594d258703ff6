"""The form of a message: one recipient, a subject, plain text. What may be sent is for `services/queue_send.py` to say."""

import re
import secrets

from wtforms import HiddenField, StringField, TextAreaField

from nimbus.web.forms.base import PlainForm, Required, strip

_KEY = re.compile(r"[0-9a-f]{32}")


def new_key() -> str:
    """What a form carries so that sending it twice sends one message."""
    return secrets.token_hex(16)


def key_or_new(text: str | None) -> str:
    """The key that a form carried; one that no page of ours made is replaced."""
    return text if text and _KEY.fullmatch(text) else new_key()


class MessageForm(PlainForm):
    """What somebody writes to one person."""

    recipient = StringField(
        "To", [Required("Enter the address that the message goes to.")], name="to", filters=[strip]
    )
    subject = StringField("Subject", [Required("Enter a subject.")], filters=[strip])
    body = TextAreaField("Text", [Required("Write a text.")])
    key = HiddenField()
