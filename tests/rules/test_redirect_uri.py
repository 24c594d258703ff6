"""Which addresses a provider sends people back to."""

import pytest

from nimbus.rules.providers import Provider
from nimbus.rules.redirect_uri import redirect_problem

GMAIL, MICROSOFT = Provider.GMAIL, Provider.MICROSOFT


@pytest.mark.parametrize(
    ("provider", "uri"),
    [
        (GMAIL, "https://mail.example.com/oauth/google/callback"),
        (GMAIL, "http://localhost:8000/oauth/google/callback"),
        (GMAIL, "http://127.0.0.1:8000/oauth/google/callback"),
        (MICROSOFT, "https://mail.example.com/oauth/microsoft/callback"),
        (MICROSOFT, "http://localhost:8000/oauth/microsoft/callback"),
    ],
)
def test_a_secure_address_and_this_machine_are_taken(provider, uri):
    assert redirect_problem(provider, uri) is None


def test_microsoft_takes_this_machine_by_its_name_alone():
    problem = redirect_problem(MICROSOFT, "http://127.0.0.1:8000/oauth/microsoft/callback")

    assert problem is not None
    assert "NIMBUS_BASE_URL to http://localhost:8000" in problem


@pytest.mark.parametrize("provider", [GMAIL, MICROSOFT])
def test_another_machine_needs_https(provider):
    assert "https" in (redirect_problem(provider, "http://10.0.0.5/oauth/google/callback") or "")
