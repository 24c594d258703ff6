"""Every page can be fetched and is sound HTML."""

import pytest


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/email-accounts",
        "/email-accounts/connect",
        "/email-accounts/connect/gmail",
        "/email-accounts/connect/microsoft",
        "/email-accounts/connect/reachinbox",
        "/email-accounts/connect/smtp",
        "/help",
        "/help/connecting",
        "/help/app-passwords",
    ],
)
def test_page_is_there_for_somebody_signed_in(alice, url):
    response = alice.get(url)

    assert response.status_code == 200
