"""Whether NimbusOS marks mail in a mailbox as read and moves it. It begins with a sign-in, and ends at once."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models import OAuthGrant
from nimbus.rules.oauth import OAuthPurpose, may_engage, needed_scopes
from nimbus.rules.providers import Provider
from nimbus.services.account_log import record
from nimbus.services.asker import Asker
from nimbus.services.update_account import changing, note_change


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
    with changing(asker, account_id) as (session, account):
        if not is_engaged(session, asker.workspace_id, account_id):
            return
        plain = " ".join(sorted(needed_scopes(Provider(account.provider), OAuthPurpose.CONNECT)))
        session.execute(
            sa.update(OAuthGrant)
            .where(OAuthGrant.workspace_id == asker.workspace_id, OAuthGrant.account_id == account_id)
            .values(scopes=plain)
        )
        record(session, account, "engaged", "Mail is left as it is from now on", actor=asker.name)
        note_change(session, asker, account, marks_and_moves_mail="no")
