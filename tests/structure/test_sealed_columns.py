"""Every column that holds a sealed secret takes part in the rotation of keys."""

import sqlalchemy as sa

from nimbus.models.base import Base
from nimbus.models.sealed_columns import SEALED


def unregistered(metadata):
    """Columns that are called sealed, or said to be, and that no rotation would find."""
    known = {(sealed.table.name, sealed.column.name) for sealed in SEALED}
    return sorted(
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if "sealed" in f"{column.name} {column.doc or ''} {column.comment or ''}".lower()
        and (table.name, column.name) not in known
    )


def test_every_sealed_column_is_registered():
    assert unregistered(Base.metadata) == []


def test_a_planted_column_is_found():
    planted = sa.MetaData()
    sa.Table("inbox", planted, sa.Column("id", sa.Integer), sa.Column("sealed_refresh_token", sa.Text))
    sa.Table("webhook", planted, sa.Column("secret", sa.Text, doc="Sealed with the workspace's key."))

    assert unregistered(planted) == ["inbox.sealed_refresh_token", "webhook.secret"]


def test_no_two_columns_are_bound_to_the_same_place():
    places = {(sealed.owner, sealed.field) for sealed in SEALED}

    assert len(places) == len(SEALED)
