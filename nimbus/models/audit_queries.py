"""Reading a workspace's audit log, newest first, and who and what it names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models.audit_event import AuditEvent
from nimbus.models.campaign import Campaign
from nimbus.models.domain_health import DomainHealth
from nimbus.models.email_account import EmailAccountHealth
from nimbus.models.user import Membership, User
from nimbus.rules.audit import Action

PAGE = 50


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines somebody wants to see; what is None or empty asks for everything.

    `since` is the first moment and `until` the first one too late. `by_nobody`: only what NimbusOS did by itself.
    """

    user_id: int | None = None
    by_nobody: bool = False
    action: Action | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_audit(
    session: Session, workspace_id: int, wanted: AuditFilter, *, before: int | None = None, most: int = PAGE
) -> tuple[Sequence[AuditEvent], int | None]:
    """At most that many lines, and the id to ask for what is older (None at the end)."""
    query = _filtered(sa.select(AuditEvent), workspace_id, wanted)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    events = session.scalars(query.order_by(AuditEvent.id.desc()).limit(most + 1)).all()
    return events[:most], events[most - 1].id if len(events) > most else None


def count_audit(session: Session, workspace_id: int, wanted: AuditFilter) -> int:
    """How many lines the filter lets through."""
    return session.scalar(_filtered(sa.select(sa.func.count(AuditEvent.id)), workspace_id, wanted)) or 0


def people_of_audit(session: Session, workspace_id: int) -> Sequence[tuple[int, str]]:
    """(id, name) of everybody whom the log names, by name; people who left the workspace are among them."""
    named = sa.exists().where(AuditEvent.user_id == User.id, AuditEvent.workspace_id == workspace_id)
    rows = session.execute(sa.select(User.id, User.name).where(named).order_by(User.name, User.id))
    return [(user_id, name) for user_id, name in rows]


def still_there(
    session: Session, workspace_id: int, objects: Iterable[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those of these objects, each a kind and an id as the log keeps them, that the workspace still has."""
    wanted = set(objects)
    there = {("workspace", str(workspace_id))}
    for kind, query in {
        "email_account": sa.select(EmailAccountHealth.id).where(
            EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.removed_at.is_(None)
        ),
        "campaign": sa.select(Campaign.id).where(Campaign.workspace_id == workspace_id),
        "domain": sa.select(DomainHealth.id).where(DomainHealth.workspace_id == workspace_id),
        "member": sa.select(Membership.user_id).where(Membership.workspace_id == workspace_id),
    }.items():
        ids = {int(number) for each, number in wanted if each == kind and number.isdecimal()}
        if ids:
            found = session.scalars(query.where(query.selected_columns[0].in_(ids)))
            there |= {(kind, str(number)) for number in found}
    return wanted & there


def _filtered(query: sa.Select[Any], workspace_id: int, wanted: AuditFilter) -> sa.Select[Any]:
    query = query.where(AuditEvent.workspace_id == workspace_id)
    if wanted.user_id is not None:
        query = query.where(AuditEvent.user_id == wanted.user_id)
    if wanted.by_nobody:
        query = query.where(AuditEvent.actor.is_(None))
    if wanted.action is not None:
        query = query.where(AuditEvent.action == wanted.action)
    for word in wanted.text.lower().split():
        query = query.where(sa.func.lower(AuditEvent.object_name).contains(word, autoescape=True))
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.at < wanted.until)
    return query
