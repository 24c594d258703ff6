"""The form of a message: one recipient, a subject, plain text. What may be sent is for `services/queue_send.py` to say."""

import re
import secrets
from collections.abc import Iterable

from flask import request
from wtforms import Field, HiddenField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice

from nimbus.models.account_queries import Sender
from nimbus.rules.inbox_status import WORDS, StatusKey
from nimbus.web.forms.base import PlainForm, Required, strip

_KEY = re.compile(r"[0-9a-f]{32}")
_MOST_SENT = 8 * 1024 * 1024  # bytes of a form: a text that is too long deserves its sentence, and comes back


def new_key() -> str:
    """What a form carries so that sending it twice sends one message."""
    return secrets.token_hex(16)


def key_or_new(text: str | None) -> str:
    """The key that a form carried; one that no page of ours made is replaced."""
    return text if text and _KEY.fullmatch(text) else new_key()


def take_long_text() -> None:
    """Let the form of this request carry much; to be called before anything reads it, the check of its token included."""
    request.max_content_length = request.max_form_memory_size = _MOST_SENT


class MessageForm(PlainForm):
    """What somebody writes to one person."""

    recipient = StringField(
        "To", [Required("Enter the address that the message goes to.")], name="to", filters=[strip]
    )
    subject = StringField("Subject", [Required("Enter a subject.")], filters=[strip])
    body = TextAreaField("Text", [Required("Write a text.")])
    key = HiddenField()


class AnswerForm(PlainForm):
    """What somebody answers in a conversation, which knows the rest."""

    body = TextAreaField("Your answer", [Required("Write an answer.")])
    key = HiddenField()
    seen = HiddenField()  # the newest message on the page that was answered


class MoveForm(PlainForm):
    """The other inbox that a message leaves through; `from_account` is the one that the page showed it wait at."""

    inbox = SelectField("Send through", validate_choice=False)
    from_account = HiddenField()

    def offer(self, senders: Iterable[Sender]) -> None:
        """Offer these inboxes, each with its state where that is another than ready."""
        self.inbox.choices = [SelectChoice(str(each.id), _named(each)) for each in senders]

    def validate_inbox(self, field: Field) -> None:
        """One of the list, as it is now."""
        if field.data not in {choice.value for choice in self.inbox.choices}:
            raise ValidationError("That inbox cannot send now. Choose one from the list.")


def _named(sender: Sender) -> str:
    if sender.status == StatusKey.READY:
        return sender.email
    word, _, _ = WORDS[sender.status]
    return f"{sender.email} ({word.lower()})"
