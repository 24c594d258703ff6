"""Every column that holds a sealed secret, and the queries that a rotation of keys asks of them.

A table with a new one joins by an entry in SEALED; a structural test finds a column that is missing here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.models import connection_test, mail_server, oauth
from nimbus.models.base import table_of
from nimbus.models.connection_test import ConnectionTest
from nimbus.models.mail_server import MailServer
from nimbus.models.oauth import OAuthGrant, ProviderApp


@dataclass(frozen=True)
class SealedColumn:
    """A column, and what the vault binds its values to: the owner, made of some of the row's columns, and the field.

    `account` is the column that names the email account which is connected again when a value does not open;
    None where values are kept for minutes only.
    """

    column: sa.Column[Any]
    field: str
    owner: Callable[..., str]
    owner_columns: tuple[sa.Column[Any], ...]
    account: sa.Column[Any] | None = None

    @property
    def table(self) -> sa.Table:
        return self.column.table

    @cached_property
    def key(self) -> tuple[sa.Column[Any], ...]:
        """The primary key."""
        return tuple(self.table.primary_key)

    def values(self, workspace_id: int) -> sa.Select[Any]:
        """Every sealed value of a workspace."""
        return sa.select(self.column.label("value")).where(
            self.table.c.workspace_id == workspace_id, self.column.is_not(None)
        )

    def not_under(self, key_id: str, workspace_id: int) -> sa.Select[Any]:
        """Rows whose value another key sealed: primary key, value, the columns of the owner."""
        return (
            self.values(workspace_id)
            .with_only_columns(*self.key, self.column, *self.owner_columns)
            .where(sa.not_(_names(self.column, key_id)))
        )

    @cached_property
    def replace(self) -> sa.Update:
        """Writes a new value where the old one still stands; executed with `replacement` for many rows at once."""
        *of_key, _ = self._names
        is_row = (column == sa.bindparam(name) for column, name in zip(self.key, of_key, strict=True))
        unchanged = self.column == sa.bindparam("old")
        return sa.update(self.table).where(*is_row, unchanged).values({self.column: sa.bindparam("new")})

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return (*(f"of_{column.name}" for column in self.key), "old")

    def replacement(self, row: sa.Row[Any], new: str) -> dict[str, Any]:
        """The values that `replace` needs for a row of `not_under`, which begins with its key and its value."""
        values = dict(zip(self._names, row, strict=False))
        values["new"] = new
        return values

    def value_of(self, row: sa.Row[Any]) -> str:
        """The sealed value of such a row."""
        value: str = row[len(self.key)]
        return value

    def owner_of(self, row: sa.Row[Any]) -> str:
        """Whom the vault bound the value of such a row to."""
        return self.owner(*row[len(self.key) + 1 :])


_SERVERS, _TESTS = table_of(MailServer), table_of(ConnectionTest)
_APPS, _GRANTS = table_of(ProviderApp), table_of(OAuthGrant)
SEALED = (
    SealedColumn(
        _SERVERS.c.sealed_password,
        "password",
        mail_server.vault_owner,
        (_SERVERS.c.account_id, _SERVERS.c.leg),
        account=_SERVERS.c.account_id,
    ),
    SealedColumn(
        _TESTS.c.sealed_smtp_password, "smtp_password", connection_test.vault_owner, (_TESTS.c.nonce,)
    ),
    SealedColumn(
        _TESTS.c.sealed_imap_password, "imap_password", connection_test.vault_owner, (_TESTS.c.nonce,)
    ),
    SealedColumn(
        _APPS.c.sealed_client_secret,
        "client_secret",
        oauth.app_vault_owner,
        (_APPS.c.workspace_id, _APPS.c.provider),
    ),
    *(
        SealedColumn(
            column,
            field,
            oauth.grant_vault_owner,
            (_GRANTS.c.account_id,),
            account=_GRANTS.c.account_id,
        )
        for column, field in (
            (_GRANTS.c.sealed_access_token, "access_token"),
            (_GRANTS.c.sealed_refresh_token, "refresh_token"),
        )
    ),
)


def count_by_key(session: Session, workspace_id: int, key_ids: Sequence[str]) -> tuple[int, list[int]]:
    """How many sealed values a workspace has in all, and how many of them each of these keys sealed."""
    values = sa.union_all(*(sealed.values(workspace_id) for sealed in SEALED)).subquery()
    of_keys = (sa.func.count().filter(_names(values.c.value, key_id)) for key_id in key_ids)
    total, *counts = session.execute(sa.select(sa.func.count(), *of_keys).select_from(values)).one()
    return total, list(counts)


def _names(value: Any, key_id: str) -> sa.ColumnElement[bool]:
    """Whether a sealed value begins with the id of this key. LIKE would ask the database about case, too."""
    prefix = f"{key_id}:"
    return sa.func.substr(value, 1, len(prefix)) == prefix
