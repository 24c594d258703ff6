"""How far apart the messages of one inbox leave."""

from datetime import timedelta

import pytest

from nimbus.rules.pacing import gap, spacing
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


def test_campaign_mail_is_spread_over_what_is_left_of_the_hours():
    hours = timedelta(hours=8)

    assert spacing(hours, 40, 0.5) == timedelta(minutes=12)
    assert spacing(hours, 40, 0.0) == timedelta(minutes=12) * 0.7
    assert spacing(hours, 40, 1.0) == timedelta(minutes=12) * 1.3
    assert spacing(hours, 1, 0.5) == spacing(hours, 0, 0.5) == hours


def test_two_campaign_messages_of_an_inbox_are_ninety_seconds_apart_at_least():
    assert spacing(timedelta(minutes=5), 80, 1.0) == timedelta(seconds=90)
