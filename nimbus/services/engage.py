"""Whether NimbusOS marks mail in a mailbox as read and moves it. It begins with a sign-in, and ends at once."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, OAuthGrant
from nimbus.rules.audit import Action
from nimbus.rules.oauth import OAUTH_PROVIDERS, OAuthPurpose, may_engage, needed_scopes
from nimbus.rules.providers import Provider
from nimbus.services import audit
from nimbus.services.account_log import record
from nimbus.services.asker import Asker
from nimbus.services.update_account import NoSuchAccount


def is_engaged(session: Session, workspace_id: int, account_id: int) -> bool | None:
    """Whether mail in an account's mailbox may be marked and moved; None where nobody has to allow it on its own."""
    found = session.execute(
        sa.select(OAuthGrant.provider, OAuthGrant.scopes).where(
            OAuthGrant.workspace_id == workspace_id, OAuthGrant.account_id == account_id
        )
    ).first()
    return may_engage(Provider(found.provider), found.scopes.split()) if found else None


def stop_engaging(asker: Asker, account_id: int) -> None:
    """Leave the mail of an account as it is from now on. Raises NoSuchAccount.

    The permission itself stays with the provider until the account signs in anew or is removed; it is not used.
    """
    with transaction() as session:
        account = session.scalar(
            sa.select(EmailAccountHealth)
            .where(
                EmailAccountHealth.workspace_id == asker.workspace_id,
                EmailAccountHealth.id == account_id,
                EmailAccountHealth.provider.in_(OAUTH_PROVIDERS),
                EmailAccountHealth.removed_at.is_(None),
            )
            .with_for_update()
        )
        if account is None:
            raise NoSuchAccount("This account no longer exists.")
        if not is_engaged(session, asker.workspace_id, account_id):
            return
        session.execute(
            sa.update(OAuthGrant)
            .where(OAuthGrant.workspace_id == asker.workspace_id, OAuthGrant.account_id == account_id)
            .values(scopes=" ".join(sorted(needed_scopes(Provider(account.provider), OAuthPurpose.CONNECT))))
        )
        record(session, account, "engaged", "Mail is left as it is from now on", actor=asker.name)
        on = audit.Object("email_account", account.id, account.email)
        audit.record(
            session,
            Action.ACCOUNT_CHANGED,
            workspace_id=asker.workspace_id,
            asker=asker,
            on=on,
            marks_and_moves_mail="no",
        )
