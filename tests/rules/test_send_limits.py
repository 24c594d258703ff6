"""How many mails a day an inbox starts with, and the most that can be set."""

import pytest

from nimbus.rules.providers import Provider
from nimbus.rules.send_limits import provider_cap, starting_limit

OWN_DOMAIN = "try-acme.com"
PERSONAL = ["gmail.com", "googlemail.com", "hotmail.com", "live.com", "msn.com", "outlook.com"]


@pytest.mark.parametrize(
    ("provider", "domain", "start"),
    [
        (Provider.GMAIL, OWN_DOMAIN, 40),
        (Provider.GMAIL, "gmail.com", 20),
        (Provider.GMAIL, "googlemail.com", 20),
        (Provider.MICROSOFT, OWN_DOMAIN, 30),
        (Provider.MICROSOFT, "outlook.com", 15),
        (Provider.MICROSOFT, "hotmail.co.uk", 15),
        (Provider.SMTP_IMAP, OWN_DOMAIN, 20),
        (Provider.SMTP_IMAP, "gmail.com", 20),
        (Provider.SMTP_IMAP, "hotmail.com", 15),
        (Provider.REACHINBOX, OWN_DOMAIN, 20),
    ],
)
def test_new_inbox_starts_conservatively(provider, domain, start):
    assert starting_limit(provider, domain) == start


@pytest.mark.parametrize(
    ("provider", "domain", "cap"),
    [
        (Provider.GMAIL, OWN_DOMAIN, 1800),
        (Provider.GMAIL, "gmail.com", 450),
        (Provider.MICROSOFT, OWN_DOMAIN, 9000),
        (Provider.MICROSOFT, "live.com", 270),
        (Provider.MICROSOFT, "outlook.fr", 270),
        (Provider.SMTP_IMAP, OWN_DOMAIN, 450),
        (Provider.SMTP_IMAP, "msn.com", 270),
        (Provider.REACHINBOX, OWN_DOMAIN, 450),
    ],
)
def test_limit_is_capped_by_the_provider_or_the_kind_of_mailbox(provider, domain, cap):
    assert provider_cap(provider, domain) == cap


def test_a_microsoft_seat_starts_below_a_google_seat():
    assert starting_limit(Provider.MICROSOFT, OWN_DOMAIN) < starting_limit(Provider.GMAIL, OWN_DOMAIN)


@pytest.mark.parametrize("provider", Provider)
@pytest.mark.parametrize("domain", [OWN_DOMAIN, *PERSONAL])
def test_no_inbox_starts_above_its_cap(provider, domain):
    assert 0 < starting_limit(provider, domain) < provider_cap(provider, domain)


@pytest.mark.parametrize("domain", PERSONAL)
def test_a_personal_mailbox_has_the_same_ceiling_whatever_the_path(domain):
    assert len({provider_cap(provider, domain) for provider in Provider}) == 1
