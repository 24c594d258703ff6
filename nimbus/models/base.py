"""What all tables share: naming of constraints, UTC times, and the workspace every row belongs to."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in time: aware UTC in Python, whatever the database keeps. Naive values are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table. Constraint names are fixed so that migrations can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this as a plain class attribute
        datetime: UtcDateTime,
        dict[str, Any]: sa.JSON,
        list[Any]: sa.JSON,
    }


class OfWorkspace:
    """A row that belongs to a workspace; no query may leave the workspace out."""

    @declared_attr
    def workspace_id(self) -> Mapped[int]:
        return mapped_column(sa.ForeignKey("workspace.id", ondelete="CASCADE"), index=True)


def goes_with_account() -> sa.ForeignKeyConstraint:
    """That `account_id` is an account of the row's own workspace, and that the row is deleted with it."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", "account_id"],
        ["email_account_health.workspace_id", "email_account_health.id"],
        ondelete="CASCADE",
    )


def table_of(model: type[Base]) -> sa.Table:
    """The bare table of a model, for statements that need no objects."""
    table = model.__table__
    assert isinstance(table, sa.Table)
    return table


def one_of(column: str, values: type) -> sa.CheckConstraint:
    """A check that a text column holds one of a StrEnum's values, named after the column."""
    allowed = ", ".join(f"'{member}'" for member in values)  # type: ignore[attr-defined]
    return sa.CheckConstraint(f"{column} IN ({allowed})", name=column)
