"""Whose mailboxes a mail domain holds: people's own, or those of an organisation."""

import pytest

from nimbus.rules.personal_domains import is_personal_google, is_personal_microsoft


@pytest.mark.parametrize("domain", ["gmail.com", "googlemail.com"])
def test_gmail_is_personal_under_both_its_names(domain):
    assert is_personal_google(domain)
    assert not is_personal_microsoft(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "outlook.com",
        "outlook.fr",
        "outlook.co.id",
        "outlook.com.br",
        "hotmail.com",
        "hotmail.co.uk",
        "hotmail.it",
        "hotmail.com.tr",
        "live.com",
        "live.nl",
        "live.co.uk",
        "live.com.mx",
        "msn.com",
        "passport.com",
        "windowslive.com",
    ],
)
def test_the_families_of_outlook_are_personal_in_every_country(domain):
    assert is_personal_microsoft(domain)
    assert not is_personal_google(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "live.tv",
        "live.example",
        "outlook.agency",
        "outlook.co.uk.example",
        "my-outlook.com",
        "mail.hotmail.com",
        "hotmail.com.com",
        "contoso.onmicrosoft.com",
        "try-acme.com",
        "outlook",
        "",
    ],
)
def test_what_only_looks_alike_is_somebody_elses(domain):
    assert not is_personal_microsoft(domain)
    assert not is_personal_google(domain)
