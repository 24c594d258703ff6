"""Which domains belong to everybody."""

import pytest

from nimbus.rules.public_providers import is_public_provider


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "outlook.com",
        "hotmail.co.uk",
        "yahoo.com",
        "yahoo.co.jp",
        "icloud.com",
        "gmx.net",
        "gmx.de",
        "web.de",
    ],
)
def test_a_public_provider_is_known(domain):
    assert is_public_provider(domain)


@pytest.mark.parametrize(
    "domain", ["acme.test", "google.com", "notgmail.com", "gmail.com.acme.test", "yahoo.acme.com"]
)
def test_a_domain_of_somebody_s_own_is_none(domain):
    assert not is_public_provider(domain)
