"""Fills the product of a rehearsal: somebody who can sign in, the fleet with real tokens, and every state there is.

What the product can do by a service is done by it; states that it has no way to yet are written as rows.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

import requests
from sqlalchemy.orm import Session

from nimbus import create_app
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import DomainHealth, EmailAccountHealth, EventTone, MailServer, Role
from nimbus.rules.connection_test import Leg, Security
from nimbus.rules.providers import Provider
from nimbus.rules.send_limits import starting_limit
from nimbus.sandbox.fleet import DOMAINS, FLEET, PASSWORD, PROSPECTS
from nimbus.sandbox.seed_campaigns import show_campaigns
from nimbus.sandbox.seed_grants import SignedIn, keep_grant, sign_in
from nimbus.sandbox.seed_states import Agency, show_states
from nimbus.sandbox.world import System
from nimbus.security.held_keys import hold_vault
from nimbus.services.account_log import record
from nimbus.services.asker import Asker
from nimbus.services.set_up import create_user
from nimbus.settings import Settings

_PROVIDERS = {
    System.GOOGLE: Provider.GMAIL,
    System.MICROSOFT: Provider.MICROSOFT,
    System.MAIL: Provider.SMTP_IMAP,
}
_OWNER = "Dana Demo"
_WORKSPACE = "Practice agency"
_SECONDS = 10  # for one call of the practice world


class Control:
    """The world's control page, by its JSON."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()

    def world(self) -> dict[str, object]:
        """Everything that the world says of itself."""
        return dict(self._http.get(f"{self._url}/world.json", timeout=_SECONDS).json())

    def post(self, path: str, **values: object) -> None:
        """Ask for a change."""
        self._http.post(f"{self._url}{path}", json=values, timeout=_SECONDS).raise_for_status()


def furnish(settings: Settings, control_url: str, *, email: str, password: str) -> None:
    """Fill a fresh product, whose tables are there, and the world that it is to live in."""
    control = Control(control_url)
    people(control)
    # Its queue does not run yet, and nobody needs to hear of each message that it could not be rung for.
    app = create_app(replace(settings, log_level=logging.getLevelName(logging.ERROR)))
    with app.app_context():
        workspace_id, user_id = create_user(workspace=_WORKSPACE, name=_OWNER, email=email, password=password)
        at_providers = [member for member in FLEET if member.system is not System.MAIL]
        signed_in = {member.address: sign_in(workspace_id, member) for member in at_providers}
        db.session.remove()
        mail = control.world()["mail"]
        assert isinstance(mail, dict)
        with transaction() as session:
            ids = connect(session, workspace_id, signed_in, mail)
        asker = Asker(workspace_id, user_id, _OWNER, Role.OWNER, "127.0.0.1")
        agency = Agency(asker, ids, control.post, signed_in)
        show_states(agency)
        show_campaigns(agency)
        db.session.remove()
        db.engine.dispose()


def people(control: Control) -> None:
    """Give everybody a mailbox, and the prospects their habits."""
    for member in (*FLEET, *PROSPECTS):
        control.post("/mailboxes", address=member.address, name=member.name, system=member.system)
    for member in PROSPECTS:
        control.post(f"/mailboxes/{member.address}/habit", habit=member.habit, minutes=member.minutes)


def connect(
    session: Session, workspace_id: int, signed_in: Mapping[str, SignedIn], mail: Mapping[str, object]
) -> dict[str, int]:
    """The fleet as accounts, each signed in at its provider or its mail server; their ids by address."""
    domains = {name: DomainHealth(workspace_id=workspace_id, name=name, created_at=now()) for name in DOMAINS}
    session.add_all(domains.values())
    session.flush()
    ids = {}
    for member in FLEET:
        provider, domain = _PROVIDERS[member.system], domains[member.address.partition("@")[2]]
        account = EmailAccountHealth(
            workspace_id=workspace_id,
            email=member.address,
            display_name=member.name,
            provider=provider,
            domain_id=domain.id,
            daily_send_limit=starting_limit(provider, domain.name),
            created_at=now(),
        )
        session.add(account)
        session.flush()
        record(session, account, "connected", "Connected for this rehearsal", tone=EventTone.OK, actor=_OWNER)
        ids[member.address] = account.id
        if member.address in signed_in:
            keep_grant(session, account, signed_in[member.address])
        else:
            _keep_servers(session, account, mail)
    return ids


def _keep_servers(session: Session, account: EmailAccountHealth, mail: Mapping[str, object]) -> None:
    vault = hold_vault(session, account.workspace_id)
    for leg, port in ((Leg.SMTP, mail["smtps"]), (Leg.IMAP, mail["imaps"])):
        server = MailServer(
            workspace_id=account.workspace_id,
            account_id=account.id,
            leg=leg,
            host=mail["host"],
            port=port,
            security=Security.SSL,
            username=account.email,
            folder="INBOX" if leg is Leg.IMAP else None,
            checked_at=now(),
            failure_detail={},
        )
        server.sealed_password = vault.seal(PASSWORD, owner=server.vault_owner, field="password")
        session.add(server)
