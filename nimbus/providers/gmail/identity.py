"""Whose mailbox a token of Google's opens: the address by Gmail's own profile, the name by the person's."""

from typing import Any

from nimbus.providers.api import fetch_with
from nimbus.providers.contract import Hosts, Person, Secret
from nimbus.providers.errors import GrantRefused, printable
from nimbus.providers.gmail.interface import GMAIL, url
from nimbus.providers.http import Ask
from nimbus.rules.json_values import text
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.personal_domains import is_personal_google


def identify(hosts: Hosts, access: Secret) -> Person:
    """The mailbox's person; raises GrantRefused, `no_mailbox` for somebody without Gmail.

    An organisation's account has `hd` in its profile, when that may be seen; the domain of the address decides without.
    """
    profile = fetch_with(hosts, GMAIL, access, Ask(url=url(hosts, "profile"))) or {}
    person = _person(hosts, access)
    address, subject = text(profile, "emailAddress").lower(), text(person, "sub")
    local, _, domain = address.rpartition("@")
    if not (local and domain and subject) or printable(address) != address:
        raise GrantRefused(GrantEnding.UNAVAILABLE, "The answer does not say whose mailbox it is.")
    is_consumer = is_personal_google(domain) and not text(person, "hd")
    return Person(
        address=address, name=printable(text(person, "name")), subject=subject, is_consumer=is_consumer
    )


def subject_of(hosts: Hosts, access: Secret) -> str:
    """Google's own id of a token's person, which needs no permission for mail; raises GrantRefused."""
    subject = text(_person(hosts, access), "sub")
    if not subject:
        raise GrantRefused(GrantEnding.UNAVAILABLE, "The answer does not say who it is.")
    return subject


def _person(hosts: Hosts, access: Secret) -> dict[str, Any]:
    return fetch_with(hosts, GMAIL, access, Ask(url=hosts.google_userinfo_url)) or {}
