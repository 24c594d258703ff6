"""The statements that write a batch of contacts, a whole batch at once: their values come as one text in JSON."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from nimbus.database import insert_or
from nimbus.models import BookContact, Contact, ContactTag
from nimbus.models.base import UtcDateTime, table_of
from nimbus.rules.contact_import import Duplicates

CONTACT, BOOK_CONTACT, TAG = table_of(Contact), table_of(BookContact), table_of(ContactTag)
_WORKSPACE = sa.bindparam("of_workspace", type_=sa.Integer)
_MOMENT = sa.bindparam("at_moment", type_=UtcDateTime)


@dataclass(frozen=True)
class ContactStatements:
    """For one database. `rows` is JSON text: a list of [email, first name, last name, {field: value}]."""

    existing: sa.Select[Any]  # of `emails`, a JSON list: those that are here already
    put: dict[Duplicates, sa.Executable]
    put_in_book: sa.Executable  # `emails` into `of_book`
    tag: sa.Executable  # `tags` is JSON text: a list of [email, tag]


@cache
def contact_statements(dialect: str) -> ContactStatements:
    """The statements as this database spells them."""
    json = _Postgres() if dialect == "postgresql" else _Sqlite()
    emails, email = json.texts("emails")
    mine = CONTACT.c.workspace_id == _WORKSPACE
    here = sa.select(CONTACT.c.email).where(mine, CONTACT.c.email.in_(sa.select(email).select_from(emails)))
    tags, pair = json.lists("tags")
    # Not a join: SQLite does not know how short the list is, and would go through it once for each contact there is.
    tagged = sa.select(CONTACT.c.id).where(mine, CONTACT.c.email == pair(0)).correlate(tags).scalar_subquery()
    of_tag = sa.select(_WORKSPACE, tagged, pair(1)).select_from(tags)
    in_book = (
        sa.select(_WORKSPACE, sa.bindparam("of_book", type_=sa.Integer), CONTACT.c.id)
        .where(mine, CONTACT.c.email.in_(sa.select(email).select_from(emails)))
    )  # fmt: skip
    return ContactStatements(
        existing=here,
        put={each: _put(dialect, json, each) for each in Duplicates},
        put_in_book=insert_or(BookContact, dialect)
        .from_select(["workspace_id", "book_id", "contact_id"], in_book)
        .on_conflict_do_nothing(),
        tag=insert_or(ContactTag, dialect)
        .from_select(["workspace_id", "contact_id", "tag"], of_tag.where(sa.true()))
        .on_conflict_do_nothing(),
    )


def _put(dialect: str, json: "_Sqlite | _Postgres", duplicates: Duplicates) -> sa.Executable:
    """New contacts; for those that are here already, what the rows say of them where they say something."""
    rows, value = json.lists("rows")
    # SQLite reads ON CONFLICT as part of a join unless a WHERE stands before it.
    values = sa.select(
        _WORKSPACE, value(0), value(1), value(2), json.as_json(value(3)), _MOMENT, _MOMENT
    ).select_from(rows).where(sa.true())  # fmt: skip
    names = ["workspace_id", "email", "first_name", "last_name", "fields", "created_at", "changed_at"]
    put = insert_or(Contact, dialect).from_select(names, values)
    if duplicates == Duplicates.SKIP:
        return put.on_conflict_do_nothing(index_elements=["workspace_id", "email"])
    new = put.excluded
    return put.on_conflict_do_update(
        index_elements=["workspace_id", "email"],
        set_={
            **{
                name: sa.case((new[name] == "", CONTACT.c[name]), else_=new[name])
                for name in ("first_name", "last_name")
            },
            "fields": json.merged(CONTACT.c.fields, new.fields),
            "changed_at": new.changed_at,
        },
    )


class _Sqlite:
    """Lists in JSON as SQLite reads them."""

    def texts(self, name: str) -> tuple[Any, Any]:
        each = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value", name=name)
        return each, each.c.value

    def lists(self, name: str) -> tuple[Any, Any]:
        each, value = self.texts(name)
        return each, lambda at: sa.func.json_extract(value, f"$[{at}]")

    def as_json(self, text: Any) -> Any:
        return text

    def merged(self, old: Any, new: Any) -> Any:
        return sa.func.json_patch(old, new)


class _Postgres:
    """Lists in JSON as Postgres reads them."""

    def texts(self, name: str) -> tuple[Any, Any]:
        each = sa.func.json_array_elements_text(
            sa.cast(sa.bindparam(name, type_=sa.Text), postgresql.JSON)
        ).table_valued("value", name=name)
        return each, each.c.value

    def lists(self, name: str) -> tuple[Any, Any]:
        each = sa.func.json_array_elements(
            sa.cast(sa.bindparam(name, type_=sa.Text), postgresql.JSON)
        ).table_valued(sa.column("value", postgresql.JSON), name=name)
        return each, lambda at: each.c.value[at].astext

    def as_json(self, text: Any) -> Any:
        return sa.cast(text, postgresql.JSON)

    def merged(self, old: Any, new: Any) -> Any:
        both = sa.cast(old, postgresql.JSONB).concat(sa.cast(new, postgresql.JSONB))
        return sa.cast(both, postgresql.JSON)
