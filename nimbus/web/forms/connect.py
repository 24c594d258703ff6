"""The form that connects a mailbox over SMTP and IMAP. Its field names are fixed: people script against them."""

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, Field, Form, HiddenField, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice

from nimbus.rules.connection_test import DEFAULT_PORTS, Leg, Security
from nimbus.rules.mail_settings import MailSettings
from nimbus.security.outbound import normalise_host
from nimbus.web.forms.base import (
    PlainForm,
    Required,
    SecretLine,
    TextLine,
    WholeNumber,
    is_email_address,
)

_SECURITY_CHOICES = [
    SelectChoice(Security.STARTTLS, "STARTTLS"),
    SelectChoice(Security.SSL, "SSL"),
    SelectChoice(Security.NONE, "None"),
]


def _is_host(_form: Form, field: Field) -> None:
    try:
        normalise_host(field.data)
    except ValueError as problem:
        raise ValidationError(str(problem)) from None


def _host(label: str, example: str) -> TextLine:
    return TextLine(label, (Required(f"Enter the server's name, such as {example}."), _is_host), longest=253)


def _port() -> WholeNumber:
    return WholeNumber("Port", least=1, most=65535, sentence="Enter a port from 1 to 65535.")


class SmtpImapForm(PlainForm):
    """Every field of both legs. Passwords may stay empty while an earlier test keeps them."""

    email = TextLine(
        "Email address", (Required("Enter the mailbox's address."), is_email_address), longest=254
    )
    display_name = TextLine("Sender name", longest=100)

    smtp_host = _host("SMTP host", "smtp.example.com")
    smtp_port = _port()
    smtp_security = RadioField("SMTP security", choices=_SECURITY_CHOICES, default=Security.STARTTLS)
    smtp_username = TextLine("SMTP user name", longest=254)
    smtp_password = SecretLine("SMTP password")

    same_login = BooleanField("Same user and password for IMAP")
    imap_host = _host("IMAP host", "imap.example.com")
    imap_port = _port()
    imap_security = RadioField("IMAP security", choices=_SECURITY_CHOICES, default=Security.SSL)
    imap_username = TextLine("IMAP user name", longest=254)
    imap_password = SecretLine("IMAP password")
    imap_folder = TextLine("Folder", longest=200, default="INBOX")

    allow_old_tls = BooleanField("Allow older TLS versions (1.0 and 1.1)")
    allow_unverified = BooleanField("Accept a certificate that cannot be verified")

    from_test = HiddenField()
    smtp_port_shown = HiddenField()
    smtp_security_shown = HiddenField()
    imap_port_shown = HiddenField()
    imap_security_shown = HiddenField()

    def show(self, settings: Mapping[str, Any]) -> None:
        """Fill the form with settings, and note what it showed so that an untouched port can follow."""
        for name, value in settings.items():
            if name in self:
                self[name].data = value
        for leg in Leg:
            self._note_shown(leg)

    def follow_security(self) -> None:
        """Give an empty port its default, and move one that was left as shown when the security changed."""
        for leg in Leg:
            port, security = self[f"{leg}_port"], self[f"{leg}_security"]
            shown_port, shown_security = self[f"{leg}_port_shown"].data, self[f"{leg}_security_shown"].data
            if security.data not in list(Security):
                continue
            default = DEFAULT_PORTS[leg][Security(security.data)]
            untouched = shown_security and security.data != shown_security and str(port.data) == shown_port
            was_default = shown_security in list(Security) and shown_port == str(
                DEFAULT_PORTS[leg][Security(shown_security)]
            )
            if (port.data is None and not port.process_errors) or (untouched and was_default):
                port.data, port.raw_data = default, [str(default)]
            self._note_shown(leg)

    def _note_shown(self, leg: Leg) -> None:
        self[f"{leg}_port_shown"].data = self[f"{leg}_port"].data
        self[f"{leg}_security_shown"].data = self[f"{leg}_security"].data

    def settings(self) -> MailSettings:
        """What was typed, in the words of the rules. A user name left empty is the address."""
        values = {name: field.data for name, field in self._fields.items()}
        values["smtp_username"] = values["smtp_username"] or values["email"]
        if values["same_login"]:
            values["imap_username"] = values["smtp_username"]
        values["imap_username"] = values["imap_username"] or values["email"]
        values["imap_folder"] = values["imap_folder"] or "INBOX"
        for leg in Leg:
            values[f"{leg}_host"] = normalise_host(values[f"{leg}_host"])
        return MailSettings.from_dict(values)

    def passwords(self) -> dict[Leg, str]:
        """The passwords that were typed; an empty one stands for the one that is kept."""
        smtp = self.smtp_password.data or ""
        imap = smtp if self.same_login.data else self.imap_password.data or ""
        return {Leg.SMTP: smtp, Leg.IMAP: imap}


def blank_settings() -> dict[str, Any]:
    """What an empty form shows: the securities most hosts use, with their ports."""
    return {
        "smtp_security": Security.STARTTLS,
        "smtp_port": DEFAULT_PORTS[Leg.SMTP][Security.STARTTLS],
        "imap_security": Security.SSL,
        "imap_port": DEFAULT_PORTS[Leg.IMAP][Security.SSL],
        "imap_folder": "INBOX",
        "same_login": True,
    }
