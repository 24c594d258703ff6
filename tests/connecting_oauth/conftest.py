"""Connecting by Google and Microsoft through the product's own door, to the practice world and back."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from werkzeug.test import TestResponse

from nimbus.rules.oauth import OAuthPurpose, needed_scopes
from nimbus.rules.providers import Provider
from nimbus.sandbox.world import Mailbox, System
from tests.browse import Browser

PROVIDERS = {"gmail": Provider.GMAIL, "microsoft": Provider.MICROSOFT}
SYSTEMS = {"gmail": System.GOOGLE, "microsoft": System.MICROSOFT}
CONNECT = "/email-accounts/connect"


@pytest.fixture
def environ(sandbox) -> dict[str, str]:
    return sandbox.environ


@pytest.fixture
def mailbox(world) -> Callable[..., Mailbox]:
    """Gives somebody a mailbox at a provider; facts may be added."""
    return lambda path, address="ann@alpha.test", name="Ann Alpha", **facts: world.add(
        address, name=name, system=SYSTEMS[path], **facts
    )


@dataclass
class Journey:
    """One person's way there and back; `path` is gmail or microsoft."""

    browser: Browser
    path: str

    def leave(self, query: str = "") -> str:
        """Follow the link of the connection page; where it leads to."""
        answer = self.browser.get(f"{CONNECT}/{self.path}/leave{query}")
        assert answer.status_code == 303
        return answer.location

    def decide(
        self, url: str, address: str, *, scopes: list[str] | None = None, answer: str = "allow"
    ) -> str:
        """Do something on the provider's page; the address that it sends the browser back to."""
        form: dict[str, object] = {"account": address}
        if self.path == "gmail":
            asked = needed_scopes(Provider.GMAIL, OAuthPurpose.ENGAGE)
            form |= {"decision": answer, "scope": asked if scopes is None else scopes}
        else:
            form["answer"] = {"allow": "accept", "deny": "cancel"}.get(answer, answer)
        back = requests.post(url, form, allow_redirects=False, timeout=10)
        assert back.status_code == 302, back.text
        return back.headers["Location"]

    def come_back(self, url: str) -> TestResponse:
        """Arrive with what the provider gave along, and read the page that it comes to."""
        parts = urlsplit(url)
        there = self.browser.get(f"{parts.path}?{parts.query}")
        assert there.status_code == 303
        return self.browser.get(there.location)

    def go(self, address: str = "ann@alpha.test", query: str = "", **decision) -> TestResponse:
        """There and back; the page that says what came of it."""
        return self.come_back(self.decide(self.leave(query), address, **decision))


@pytest.fixture
def journey(alice) -> Callable[..., Journey]:
    return lambda path, browser=alice: Journey(browser, path)


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
