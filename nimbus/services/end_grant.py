"""A sign-in that is over for good: the grant says so, the account leaves rotation, and its log tells why."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import EmailAccountHealth, EventTone, OAuthGrant
from nimbus.rules.oauth_answers import GrantEnding, sentence
from nimbus.rules.providers import ConnectionState, Provider
from nimbus.services.account_log import record


def lock_account(session: Session, workspace_id: int, account_id: int) -> EmailAccountHealth:
    """An account, its row locked. Whoever changes an account and its grant takes the account first."""
    return session.scalars(
        sa.select(EmailAccountHealth)
        .where(EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.id == account_id)
        .with_for_update()
    ).one()


def end_grant(
    session: Session,
    workspace_id: int,
    account_id: int,
    ending: GrantEnding,
    *,
    line: str = "",
    code: str = "",
    still: sa.ColumnElement[bool] | None = None,
) -> bool:
    """Mark an account whose sign-in a provider has ended, within the caller's transaction; whether that is news.

    line and code: the provider's own words and its number for this; still: what must be true of the grant yet.
    """
    account = lock_account(session, workspace_id, account_id)
    stands = sa.and_(
        OAuthGrant.workspace_id == workspace_id,
        OAuthGrant.account_id == account_id,
        OAuthGrant.failure_code.is_(None),
        still if still is not None else sa.true(),
    )
    detail: Mapping[str, str] = {name: said for name, said in (("line", line), ("code", code)) if said}
    values = {"failure_code": ending, "failure_detail": detail, "failed_at": now()}
    over = {"refresh_at": None, "owner": None, "lease_until": None}
    ended = session.execute(sa.update(OAuthGrant).where(stands).values(values | over))
    if ended.rowcount != 1:  # type: ignore[attr-defined]
        return False
    account.connection_state = ConnectionState.AUTH_REVOKED
    said = sentence(ending, Provider(account.provider), code=code)
    record(session, account, "sign_in_lost", said, tone=EventTone.BAD)
    return True
