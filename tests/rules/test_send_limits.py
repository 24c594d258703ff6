"""How many mails a day an inbox starts with, and the most that can be set."""

import pytest

from nimbus.rules.mailbox_kinds import MailboxKind
from nimbus.rules.providers import Provider
from nimbus.rules.send_limits import RAMPS, provider_cap, starting_limit, tenant_ceiling

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


@pytest.mark.parametrize(
    ("provider", "domain", "cap"),
    [
        (Provider.GMAIL, OWN_DOMAIN, 250),
        (Provider.GMAIL, "gmail.com", 250),
        (Provider.SMTP_IMAP, "gmail.com", 250),
        (Provider.MICROSOFT, OWN_DOMAIN, 150),
        (Provider.MICROSOFT, "outlook.com", 150),
        (Provider.SMTP_IMAP, OWN_DOMAIN, 150),
        (Provider.REACHINBOX, OWN_DOMAIN, 150),
    ],
)
def test_of_a_mailbox_that_a_person_writes_from_half_a_consumers_ceiling_is_ours(provider, domain, cap):
    assert provider_cap(provider, domain, is_personal=True) == cap


@pytest.mark.parametrize(
    ("provider", "domain", "stated", "cap"),
    [
        (Provider.GMAIL, OWN_DOMAIN, 500, 450),  # a trial
        (Provider.MICROSOFT, OWN_DOMAIN, 300, 270),  # a small plan
        (Provider.GMAIL, "gmail.com", 2000, 450),
        (Provider.SMTP_IMAP, OWN_DOMAIN, 1000, 900),
        (Provider.SMTP_IMAP, OWN_DOMAIN, 50, 45),
        (Provider.SMTP_IMAP, OWN_DOMAIN, 0, 0),
    ],
)
def test_an_owner_lowers_a_published_ceiling_and_corrects_the_guess_for_a_server_of_ones_own(
    provider, domain, stated, cap
):
    assert provider_cap(provider, domain, stated=stated) == cap


def test_a_stated_ceiling_gives_a_personal_mailbox_no_more():
    assert provider_cap(Provider.SMTP_IMAP, OWN_DOMAIN, is_personal=True, stated=9000) == 150
    assert provider_cap(Provider.SMTP_IMAP, OWN_DOMAIN, is_personal=True, stated=100) == 90


@pytest.mark.parametrize(
    ("licences", "ceiling"),
    [(1, 10_000), (2, 10_312), (10, 12_006), (25, 14_259), (100, 22_059), (1000, 72_446)],
)
def test_a_tenants_inboxes_share_the_ceiling_of_microsofts_table(licences, ceiling):
    assert tenant_ceiling(licences) == ceiling


@pytest.mark.parametrize(
    ("kind", "ramp"),
    [
        (MailboxKind.GOOGLE_WORKSPACE, ((40, 40, 45, 50, 60, 80), 0.10, 0.75)),
        (MailboxKind.CONSUMER_GMAIL, ((20, 20, 22, 25, 30, 40), 0.10, 0.75)),
        (MailboxKind.MICROSOFT_365, ((30, 30, 32, 36, 42, 50), 0.06, 0.50)),
        (MailboxKind.CUSTOM_SMTP, ((20, 20, 24, 28, 34, 40), 0.08, 0.60)),
        (MailboxKind.CONSUMER_OUTLOOK, ((15, 15, 16, 18, 20, 25), 0.06, 0.50)),
    ],
)
def test_each_kind_of_mailbox_has_the_targets_of_the_model(kind, ramp):
    assert RAMPS[kind] == ramp


def test_microsofts_ramp_is_more_conservative_than_googles():
    google, microsoft = RAMPS[MailboxKind.GOOGLE_WORKSPACE], RAMPS[MailboxKind.MICROSOFT_365]

    assert all(ours < theirs for ours, theirs in zip(microsoft.targets, google.targets, strict=True))
    assert microsoft.raise_by < google.raise_by
    assert microsoft.slip < google.slip
