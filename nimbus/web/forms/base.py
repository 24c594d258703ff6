"""What all forms share: fields that refuse control characters and say plainly what is wrong."""

import unicodedata
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, Form, IntegerField, PasswordField, StringField, ValidationError
from wtforms.validators import StopValidation


class PlainForm(FlaskForm):
    """A form whose CSRF token is checked for the whole application at once, not per form."""

    class Meta(FlaskForm.Meta):
        csrf = False

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """What was typed. Flask-WTF itself would take files and JSON as well, whose values are no texts."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            return (request.form or None) if form.is_submitted() else None


def strip(text: str | None) -> str:
    """What was typed, without the blanks around it. Line breaks stay, so that they can be refused."""
    return (text or "").strip(" \t")


class Required:
    """The field needs a value; the sentence says of what."""

    field_flags = {"required": True}  # noqa: RUF012 - WTForms reads a plain dictionary

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __call__(self, _form: Form, field: Field) -> None:
        if field.data in {None, ""} and not field.errors:
            raise StopValidation(self.sentence)


class OneLine:
    """At most `longest` characters, on one line, without characters that cannot be seen."""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def __call__(self, _form: Form, field: Field) -> None:
        text = field.data or ""
        if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text):
            raise StopValidation("Remove the line break or control character.")
        if len(text) > self.longest:
            raise StopValidation(f"Use at most {self.longest:,} characters.")


class TextLine(StringField):
    """One line of text, blanks around it removed."""

    def __init__(
        self, label: str, validators: tuple[Any, ...] = (), *, longest: int = 200, **options: Any
    ) -> None:
        super().__init__(label, [*validators, OneLine(longest)], filters=[strip], **options)


class SecretLine(PasswordField):
    """A password: taken exactly as typed, never shown again."""

    def __init__(
        self, label: str, validators: tuple[Any, ...] = (), *, longest: int = 10_000, **options: Any
    ) -> None:
        super().__init__(label, [*validators, OneLine(longest)], **options)


class WholeNumber(IntegerField):
    """A whole number between two bounds, which the sentence names."""

    def __init__(self, label: str, *, least: int, most: int, sentence: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.least, self.most, self.sentence = least, most, sentence

    @property
    def number(self) -> int:
        """What was typed, once the form is valid."""
        return int(self.data or 0)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = strip(valuelist[0]) if valuelist else ""
        if not text:
            self.data = None
            return
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            self.data = None
            raise ValueError(self.sentence)
        self.data = int(text)

    def pre_validate(self, form: Form) -> None:  # noqa: ARG002 - WTForms passes it by name
        if self.data is not None and not self.least <= self.data <= self.most:
            raise ValidationError(self.sentence)


def is_email_address(_form: Form, field: Field) -> None:
    """The field holds an e-mail address; it is kept in lower case, an international domain in its ASCII form."""
    try:
        # Mail systems of one's own may use names that the public DNS does not know.
        found = validate_email(
            field.data, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError:
        raise ValidationError("Enter an address like ava@example.com.") from None
    field.data = f"{found.local_part}@{found.ascii_domain}".lower()
