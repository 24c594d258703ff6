"""Linking an account to its mail domain: one row for all inboxes of a domain in a workspace."""

from datetime import datetime
from functools import cache

import sqlalchemy as sa

from nimbus.database import insert_or
from nimbus.models import DomainHealth
from nimbus.rules.public_providers import is_public_provider
from nimbus.services.prepared import Writing


def link_domain(writing: Writing, workspace_id: int, name: str, moment: datetime) -> int:
    """The id of a domain's row; a second mailbox of a domain finds the first one's."""
    domain = {
        "workspace_id": workspace_id,
        "name": name,
        "created_at": moment,
        "is_public_provider": is_public_provider(name),
        "has_troubled_inboxes": False,
    }
    (linked,) = writing.rows(_putting(writing.database), domain)
    return int(linked.id)


@cache
def _putting(dialect: str) -> sa.UpdateBase:
    put = insert_or(DomainHealth, dialect)
    # Changes nothing, but lets the statement return the row that is there already.
    same = {"name": put.excluded.name}
    return put.on_conflict_do_update(index_elements=["workspace_id", "name"], set_=same).returning(
        DomainHealth.id
    )
