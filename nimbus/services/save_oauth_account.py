"""Turning a finished sign-in into an account: made, brought back or repaired, and linked to its domain."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or
from nimbus.errors import NimbusError
from nimbus.models import EmailAccountHealth, EventTone
from nimbus.providers.contract import OAuthApp, Person, Tokens
from nimbus.rules.audit import Action
from nimbus.rules.oauth import OAuthPurpose, in_words, needed_scopes
from nimbus.rules.providers import PROVIDER_NAMES, ConnectionState, Provider
from nimbus.rules.send_limits import starting_limit
from nimbus.services import audit
from nimbus.services.account_limits import claim_room
from nimbus.services.account_log import record
from nimbus.services.asker import Asker
from nimbus.services.link_domain import link_domain
from nimbus.services.oauth_tokens import save_grant
from nimbus.services.prepared import writing_in
from nimbus.services.sender_turn import bring_forward
from nimbus.services.todays_limit import ceiling_of
from nimbus.services.wake_sync import wake_sync

# What signing in again mends. Of a suspension only a person can know that it was lifted, and its sentence asks them to
# sign in then; the next refusal would bring it back. A cooldown or a person's switch stays as it is.
_MENDED = frozenset({ConnectionState.AUTH_REVOKED, ConnectionState.AUTH_FAILED, ConnectionState.SUSPENDED})


class ConnectedElsewhere(NimbusError):
    """The address belongs to an account that is connected by another path."""

    def __init__(self, account_id: int) -> None:
        super().__init__("This address is connected by another path already.")
        self.account_id = account_id


class SignIn(NamedTuple):
    """A sign-in that went well: which application was allowed what for, by whom, and the tokens of it."""

    app: OAuthApp
    purpose: OAuthPurpose
    person: Person
    tokens: Tokens


class Saved(NamedTuple):
    """The account, and whether it was connected before."""

    account_id: int
    was_connected: bool


def save_oauth_account(session: Session, asker: Asker, done: SignIn) -> Saved:
    """Keep an account and its tokens, within the caller's transaction.

    Raises ConnectedElsewhere, or AccountLimitReached when that would be one inbox more than the workspace may have.
    """
    person, provider = done.person, done.app.provider
    claim_room(session, asker.workspace_id, person.address)
    account, is_new = _row(session, asker.workspace_id, provider, person)
    was_connected = not is_new and account.removed_at is None
    if was_connected and account.provider != provider:
        raise ConnectedElsewhere(account.id)
    if not (is_new or was_connected):
        _bring_back(account, provider)
    if account.connection_state in _MENDED:
        account.connection_state = ConnectionState.OK
    account.display_name = account.display_name or person.name
    account.sync_problem = None
    wake_sync(writing_in(session), account.id, now())
    save_grant(
        session,
        workspace_id=asker.workspace_id,
        account_id=account.id,
        app=done.app,
        subject=person.subject,
        tokens=done.tokens,
    )
    kind, sentence = _told(provider, done.purpose, is_new=is_new, was_connected=was_connected)
    record(session, account, kind, sentence, tone=EventTone.OK, actor=asker.name)
    _audit(session, asker, account, done.purpose, was_connected=was_connected)
    if was_connected:
        bring_forward(session, asker.workspace_id, account.id)  # what waited for a sign-in that works
    return Saved(account.id, was_connected)


def _row(
    session: Session, workspace_id: int, provider: Provider, person: Person
) -> tuple[EmailAccountHealth, bool]:
    """The row of this address, locked, and whether it was made just now."""
    domain = person.address.rpartition("@")[2]
    moment = now()
    values = {
        "workspace_id": workspace_id,
        "email": person.address,
        "display_name": person.name,
        "domain_id": link_domain(writing_in(session), workspace_id, domain, moment),
        "provider": provider,
        "daily_send_limit": starting_limit(provider, domain),
        "created_at": moment,
    }
    put = insert_or(EmailAccountHealth, dialect_of(session)).values(values)
    made = session.scalar(
        put.on_conflict_do_nothing(index_elements=["workspace_id", "email"]).returning(EmailAccountHealth.id)
    )
    account = session.scalars(
        sa.select(EmailAccountHealth)
        .where(EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.email == person.address)
        .with_for_update()
    ).one()
    return account, made is not None


def _bring_back(account: EmailAccountHealth, provider: Provider) -> None:
    """An account that was removed, by whichever path it had been connected; its history and its limit are its own."""
    account.removed_at = None
    account.provider = provider
    account.connection_state = ConnectionState.OK
    cap = ceiling_of(account, account.email.rpartition("@")[2])
    account.daily_send_limit = min(account.daily_send_limit, cap)


def _told(provider: Provider, purpose: OAuthPurpose, *, is_new: bool, was_connected: bool) -> tuple[str, str]:
    name = PROVIDER_NAMES[provider]
    if purpose is OAuthPurpose.ENGAGE:
        return "engaged", "Signed in; mail may be marked as read and moved"
    if was_connected:
        return "reconnected", f"Signed in again at {name}"
    return "connected", f"Connected by {name}" if is_new else "Connected again; its history is kept"


def _audit(
    session: Session, asker: Asker, account: EmailAccountHealth, purpose: OAuthPurpose, *, was_connected: bool
) -> None:
    provider = Provider(account.provider)
    audit.record(
        session,
        Action.ACCOUNT_RECONNECTED if was_connected else Action.ACCOUNT_CONNECTED,
        workspace_id=asker.workspace_id,
        asker=asker,
        on=audit.Object("email_account", account.id, account.email),
        by=PROVIDER_NAMES[provider],
        may=in_words(needed_scopes(provider, purpose)),
    )
