"""What a person can ask the list of accounts for, as conditions on a query."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from nimbus.models.campaign import CampaignInbox
from nimbus.models.domain_health import DomainHealth
from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.tag import AccountTag, Tag
from nimbus.rules.tag_names import folded

_Account = EmailAccountHealth


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What a person asked the list for; empty strings ask for everything."""

    q: str = ""
    status: str = ""
    provider: str = ""
    domain: str = ""
    client: str = ""
    tag: str = ""
    pool_of: int | None = None  # a campaign: those that are in its pool


def filtered(query: sa.Select[Any], wanted: AccountFilter, status: sa.ColumnElement[str]) -> sa.Select[Any]:
    """The query, which joins accounts and their domains, with what was asked for. Every word has to be found."""
    for word in wanted.q.lower().split():
        found = _Account.email.contains(word, autoescape=True)
        named = sa.func.lower(_Account.display_name).contains(word, autoescape=True)
        query = query.where(found | named | _tagged(Tag.folded.contains(folded(word), autoescape=True)))
    if wanted.status:
        query = query.where(status == wanted.status)
    if wanted.provider:
        query = query.where(_Account.provider == wanted.provider)
    if wanted.domain:
        query = query.where(DomainHealth.name == wanted.domain)
    if wanted.pool_of is not None:
        in_pool = sa.select(CampaignInbox.account_id).where(
            CampaignInbox.workspace_id == _Account.workspace_id, CampaignInbox.campaign_id == wanted.pool_of
        )
        query = query.where(_Account.id.in_(in_pool))
    for name, is_client in ((wanted.client, True), (wanted.tag, False)):
        if name:
            query = query.where(_tagged((Tag.folded == folded(name)) & Tag.is_client.is_(is_client)))
    return query


def _tagged(which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether an account has a tag of this kind. The workspace's few tags are read first, then their accounts."""
    tags = sa.select(Tag.id).where(Tag.workspace_id == _Account.workspace_id, which)
    return sa.exists().where(AccountTag.account_id == _Account.id, AccountTag.tag_id.in_(tags))
