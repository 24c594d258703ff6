"""Whose mailbox a token of Microsoft's opens, proved by its inbox being there (`providers.md` 2.5)."""

from nimbus.providers.api import fetch_with
from nimbus.providers.contract import Hosts, Person, Secret
from nimbus.providers.errors import GrantRefused, printable
from nimbus.providers.http import Ask
from nimbus.providers.microsoft.interface import GRAPH, KEPT_IDS, url
from nimbus.rules.json_values import text
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.personal_domains import is_personal_microsoft

_GUEST = "#ext#"  # in the sign-in name of somebody from another directory, who has no mailbox in this one


def identify(hosts: Hosts, access: Secret) -> Person:
    """The mailbox's person; raises GrantRefused, `no_mailbox` for somebody without one."""
    wanted = {"$select": "id,displayName,mail,userPrincipalName"}
    person = fetch_with(hosts, GRAPH, access, Ask(url=url(hosts, ""), params=wanted)) or {}
    inbox = fetch_with(
        hosts,
        GRAPH,
        access,
        Ask(url=url(hosts, "/mailFolders/inbox"), params={"$select": "id"}, headers=KEPT_IDS),
    )
    address = (text(person, "mail") or text(person, "userPrincipalName")).lower()
    if inbox is None or _GUEST in address:
        raise GrantRefused(GrantEnding.NO_MAILBOX)
    local, _, domain = address.rpartition("@")
    subject = text(person, "id")
    if not (local and domain and subject) or printable(address) != address:
        raise GrantRefused(GrantEnding.UNAVAILABLE, "The answer does not say whose mailbox it is.")
    return Person(
        address=address,
        name=printable(text(person, "displayName")),
        subject=subject,
        is_consumer=is_personal_microsoft(domain),
    )
