"""Does anything take mail for a recipient's domain? Asked of DNS before an inbox's name is risked on it, and remembered."""

import time

from flask import current_app

from nimbus.providers.contract import Network, ServerLogin
from nimbus.rules.connection_test import Leg
from nimbus.security.outbound import Deadline, NotAllowedError, ServerNotFoundError, find_server
from nimbus.security.outbound_mail_domain import takes_mail

_PATIENCE = 3.0  # seconds; whoever does not say by then is not waited for
_REMEMBERED = {True: 600.0, False: 60.0, None: 60.0}  # seconds
_MOST = 10_000  # domains remembered by one process
_KNOWN = "nimbus.mail_domains"


def has_no_mail_server(recipient: str, *, sender: str, login: ServerLogin | None, network: Network) -> bool:
    """Whether the recipient's domain certainly takes no mail; where DNS cannot tell, the mail server will.

    The inbox's own domain is not in doubt. A mail server of one's own network may know names that the public DNS
    does not, so the question is put only where the server is public, or the operator has named name servers. Without
    a login mail leaves through Google or Microsoft, who are public.
    """
    domain = recipient.rpartition("@")[2].lower()
    if domain == sender.rpartition("@")[2].lower():
        return False
    known: dict[str, tuple[bool | None, float]] = current_app.extensions.setdefault(_KNOWN, {})
    takes, until = known.get(domain, (None, 0.0))
    if until < time.monotonic():
        takes = _ask(domain, login, network)
        if len(known) >= _MOST:
            known.clear()
        known[domain] = takes, time.monotonic() + _REMEMBERED[takes]
    return takes is False


def _ask(domain: str, login: ServerLogin | None, network: Network) -> bool | None:
    policy, deadline = network.policy, Deadline(_PATIENCE)
    try:
        if (
            login is None
            or policy.resolvers
            or find_server(login.host, login.port, Leg.SMTP, policy=policy, deadline=deadline).is_public
        ):
            return takes_mail(domain, policy.resolvers, deadline)
    except (NotAllowedError, ServerNotFoundError, TimeoutError):
        pass  # connecting will say so, in better words
    return None
