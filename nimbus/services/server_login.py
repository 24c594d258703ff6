"""How this process reaches an account's servers: the sign-in with its password opened, and the way to the network."""

from flask import current_app
from sqlalchemy.orm import Session

from nimbus.models import MailServer
from nimbus.providers.contract import Network, Secret, ServerLogin
from nimbus.rules.connection_test import Security
from nimbus.security.held_keys import hold_vault
from nimbus.security.vault import Vault
from nimbus.settings import current_settings


def open_login(session: Session, server: MailServer) -> ServerLogin:
    """One leg of an account, ready to sign in with; raises CannotOpenSecret or KeyFileProblem."""
    return open_login_with(hold_vault(session, server.workspace_id), server)


def open_login_with(vault: Vault, server: MailServer) -> ServerLogin:
    """The same, by a vault that the caller holds; raises CannotOpenSecret."""
    password = vault.open(server.sealed_password, owner=server.vault_owner, field="password")
    return ServerLogin(
        host=server.host,
        port=server.port,
        security=Security(server.security),
        username=server.username,
        password=Secret(password),
        allow_old_tls=server.allow_old_tls,
        allow_unverified=server.allow_unverified,
    )


def current_network() -> Network:
    """The gate to the outside as the settings have it. Needs an application context."""
    ca_file = current_settings().ca_file
    return Network(current_app.extensions["nimbus.outbound"], ca_file=str(ca_file) if ca_file else None)
