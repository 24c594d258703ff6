"""Reading tags: those in use, those on some accounts, and the views that a person saved."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.tag import AccountTag, SavedView, Tag

_CLIENTS_FIRST = (Tag.is_client.desc(), Tag.folded)


class TagName(NamedTuple):
    """A tag as pages show it."""

    name: str
    is_client: bool


def tags_in_use(session: Session, workspace_id: int) -> list[TagName]:
    """The tags that a connected account has, clients first, then by name."""
    on_one = (
        sa.select(AccountTag.tag_id)
        .join(EmailAccountHealth, EmailAccountHealth.id == AccountTag.account_id)
        .where(AccountTag.workspace_id == workspace_id, EmailAccountHealth.removed_at.is_(None))
    )
    rows = session.execute(
        sa.select(Tag.name, Tag.is_client)
        .where(Tag.workspace_id == workspace_id, Tag.id.in_(on_one))
        .order_by(*_CLIENTS_FIRST)
    )
    return [TagName(*row) for row in rows]


def tags_on(session: Session, workspace_id: int, account_ids: Sequence[int]) -> dict[int, list[TagName]]:
    """The tags of these accounts, clients first; accounts without any are left out."""
    rows = session.execute(
        sa.select(AccountTag.account_id, Tag.name, Tag.is_client)
        .join(Tag, Tag.id == AccountTag.tag_id)
        .where(AccountTag.workspace_id == workspace_id, AccountTag.account_id.in_(account_ids))
        .order_by(*_CLIENTS_FIRST)
    )
    found: dict[int, list[TagName]] = {}
    for account_id, name, is_client in rows:
        found.setdefault(account_id, []).append(TagName(name, is_client))
    return found


def saved_views(session: Session, workspace_id: int, user_id: int) -> Sequence[SavedView]:
    """What a person saved in this workspace, by name."""
    mine = sa.select(SavedView).where(SavedView.workspace_id == workspace_id, SavedView.user_id == user_id)
    return session.scalars(mine.order_by(SavedView.folded)).all()
