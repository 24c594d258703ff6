"""How far apart the messages of one inbox leave."""

from datetime import timedelta

import pytest

from nimbus.rules.pacing import gap
from nimbus.rules.providers import Provider

OWN_DOMAIN = "try-acme.com"
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("provider", "domain", "host"),
    [
        (Provider.MICROSOFT, OWN_DOMAIN, ""),
        (Provider.SMTP_IMAP, "hotmail.com", ""),
        (Provider.SMTP_IMAP, OWN_DOMAIN, "smtp.office365.com"),
    ],
)
def test_microsoft_gets_twenty_messages_a_minute_whatever_the_path(provider, domain, host):
    assert MINUTE / gap(provider, domain, host=host) == 20


@pytest.mark.parametrize(
    ("provider", "domain", "host"),
    [
        (Provider.GMAIL, OWN_DOMAIN, ""),
        (Provider.SMTP_IMAP, "gmail.com", ""),
        (Provider.SMTP_IMAP, OWN_DOMAIN, "smtp.gmail.com"),
    ],
)
def test_google_gets_one_message_a_second_whatever_the_path(provider, domain, host):
    assert MINUTE / gap(provider, domain, host=host) == 60


@pytest.mark.parametrize("provider", [Provider.SMTP_IMAP, Provider.REACHINBOX])
def test_a_server_of_ones_own_sets_no_pace(provider):
    assert gap(provider, OWN_DOMAIN, host="mail.try-acme.com") == timedelta()
