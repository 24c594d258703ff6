"""The forms of the sign-in apps at Google and Microsoft."""

import re

from wtforms import Field, Form, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice

from nimbus.web.forms.base import PlainForm, Required, SecretLine, TextLine

_AUDIENCES = [
    SelectChoice("production", "External, in production"),
    SelectChoice("internal", "Internal: only people of your own organisation"),
    SelectChoice("testing", "External, in testing: sign-ins end after 7 days"),
]
_TENANT = re.compile(r"common|organizations|consumers|[0-9a-fA-F-]{36}|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")
_CLIENT_ID = re.compile(r"[\x21-\x7e]+")


def _is_client_id(_form: Form, field: Field) -> None:
    if not _CLIENT_ID.fullmatch(field.data or ""):
        raise ValidationError("A client ID holds no blanks and no letters beyond A to Z. Copy it once more.")


def _is_tenant(_form: Form, field: Field) -> None:
    if field.data and not _TENANT.fullmatch(field.data):
        raise ValidationError("Enter common, organizations, consumers, or the ID or domain of one directory.")


class AppForm(PlainForm):
    """What both have: the client and its secret, which is never shown again."""

    client_id = TextLine("Client ID", (Required("Enter the client ID."), _is_client_id))
    client_secret = SecretLine("Client secret", longest=1000)

    def values(self) -> dict[str, str]:
        """What was typed, by the names of the service."""
        return {"client_id": self.client_id.data, "secret": (self.client_secret.data or "").strip()}


class GoogleAppForm(AppForm):
    """A client of the Google Auth Platform."""

    audience = SelectField("Audience", choices=_AUDIENCES)

    def values(self) -> dict[str, str]:
        """What was typed, by the names of the service."""
        return super().values() | {"audience": self.audience.data}


class MicrosoftAppForm(AppForm):
    """An app registration of Microsoft Entra."""

    tenant = TextLine("Tenant", (_is_tenant,), longest=100)

    def values(self) -> dict[str, str]:
        """What was typed, by the names of the service."""
        return super().values() | {"tenant": self.tenant.data}


FORMS: dict[str, type[AppForm]] = {"google": GoogleAppForm, "microsoft": MicrosoftAppForm}
