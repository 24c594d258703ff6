"""Putting tags and clients on accounts and taking them off, one account or many."""

from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.database import dialect_of, insert_or
from nimbus.models import AccountTag, EmailAccountHealth, Tag
from nimbus.models.tag_queries import tags_on
from nimbus.rules.tag_names import MOST, folded
from nimbus.services.account_changes import CannotChange, Said
from nimbus.services.asker import Asker
from nimbus.services.update_account import changing, write_down


class OtherKind(CannotChange):
    """The name is a client where a tag was wanted, or a tag where a client was; `wanted` is which."""

    def __init__(self, name: str, *, wanted: str) -> None:
        kind = "tag" if wanted == "client" else "client"
        sentence = f"“{name}” is a {kind} already, so it cannot be a {wanted}."
        super().__init__(sentence, f"left: {sentence}")
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class AddTag:
    """A tag put on an account. The tag is there: `known_tag` has made it."""

    name: str
    is_client: bool

    def before(self, _session: Session, _account: EmailAccountHealth) -> list[Any]:
        return []

    def make(self, session: Session, account: EmailAccountHealth) -> Said | None:
        tag_id = known_tag(session, account.workspace_id, self.name, is_client=self.is_client)
        on_it = set(session.scalars(sa.select(AccountTag.tag_id).where(AccountTag.account_id == account.id)))
        if tag_id in on_it:
            return None
        if len(on_it) >= MOST:
            sentence = f"{account.email} has {MOST} tags already. Take one off first."
            raise CannotChange(sentence, f"full: they have {MOST} tags")
        link = {"workspace_id": account.workspace_id, "account_id": account.id, "tag_id": tag_id}
        session.execute(insert_or(AccountTag, dialect_of(session)).values(link))
        what = "Client" if self.is_client else "Tag"
        return Said("tag", f"{what} “{self.name}” added", {what.lower(): f"{self.name} added"})

    def take_back(self, session: Session, account: EmailAccountHealth, _before: list[Any]) -> Said | None:
        return RemoveTag(self.name).make(session, account)

    def stored(self) -> list[Any]:
        return [self.name, self.is_client]

    @classmethod
    def read(cls, values: list[Any]) -> Self:
        return cls(*values)


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """A tag or client taken off an account."""

    name: str

    def before(self, session: Session, account: EmailAccountHealth) -> list[Any]:
        tag = _find(session, account.workspace_id, self.name)
        return [tag.name, tag.is_client] if tag else []

    def make(self, session: Session, account: EmailAccountHealth) -> Said | None:
        tag = _find(session, account.workspace_id, self.name)
        if tag is None:
            return None
        link = sa.delete(AccountTag).where(AccountTag.account_id == account.id, AccountTag.tag_id == tag.id)
        if session.execute(link).rowcount == 0:  # type: ignore[attr-defined]
            return None
        what = "Client" if tag.is_client else "Tag"
        return Said("tag", f"{what} “{tag.name}” taken off", {what.lower(): f"{tag.name} taken off"})

    def take_back(self, session: Session, account: EmailAccountHealth, before: list[Any]) -> Said | None:
        name, is_client = before
        return AddTag(name, is_client).make(session, account)

    def stored(self) -> list[Any]:
        return [self.name]

    @classmethod
    def read(cls, values: list[Any]) -> Self:
        return cls(*values)


def set_tags(asker: Asker, account_id: int, *, tags: list[str], clients: list[str]) -> None:
    """Let an account have exactly these. Raises OtherKind for a name that is of the other kind."""
    wanted = {folded(name): AddTag(name, is_client=False) for name in tags}
    wanted |= {folded(name): AddTag(name, is_client=True) for name in clients}
    with changing(asker, account_id) as (session, account):
        there = tags_on(session, asker.workspace_id, [account_id]).get(account_id, [])
        for tag in there:
            if folded(tag.name) not in wanted:
                write_down(session, asker, account, RemoveTag(tag.name).make(session, account))
        for change in wanted.values():
            write_down(session, asker, account, change.make(session, account))


def known_tag(session: Session, workspace_id: int, name: str, *, is_client: bool) -> int:
    """The id of the tag with this name, made where there is none.

    Raises OtherKind; a name that no account has any more may become the other kind.
    """
    tag = _find(session, workspace_id, name)
    if tag is None:
        new = {"workspace_id": workspace_id, "name": name, "folded": folded(name), "is_client": is_client}
        put = insert_or(Tag, dialect_of(session)).values(new)
        session.execute(put.on_conflict_do_nothing(index_elements=["workspace_id", "folded"]))
        tag = _find(session, workspace_id, name)
        assert tag is not None
    if tag.is_client != is_client:
        if session.scalar(sa.select(sa.exists().where(AccountTag.tag_id == tag.id))):
            raise OtherKind(tag.name, wanted="client" if is_client else "tag")
        tag.name, tag.is_client = name, is_client
    return tag.id


def _find(session: Session, workspace_id: int, name: str) -> Tag | None:
    return session.scalar(sa.select(Tag).where(Tag.workspace_id == workspace_id, Tag.folded == folded(name)))
