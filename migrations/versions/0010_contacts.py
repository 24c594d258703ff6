"""Contacts, the books and tags they have, files of them on their way in, and who brought an address to the suppressed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = "'uploaded', 'queued', 'running', 'done', 'failed'"


def upgrade():
    _books()
    _contacts()
    _imports()
    with op.batch_alter_table("suppression") as table:
        table.add_column(sa.Column("source", sa.String()))
        table.add_column(sa.Column("note", sa.String()))


def downgrade():
    with op.batch_alter_table("suppression") as table:
        table.drop_column("note")
        table.drop_column("source")
    for table in (
        "contact_import_unread",
        "contact_import",
        "contact_tag",
        "book_contact",
        "contact",
        "address_book",
    ):
        op.drop_table(table)


def _table(name, *columns, key=("id",)):
    op.create_table(
        name,
        *columns,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=f"fk_{name}_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_workspace_id", name, ["workspace_id"])


def _goes_with(name, table, column):
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{table}.workspace_id", f"{table}.id"],
        name=f"fk_{name}_workspace_id_{column}",
        ondelete="CASCADE",
    )


def _once(name, *columns):
    return sa.UniqueConstraint(*columns, name=f"uq_{name}_{'_'.join(columns)}")


def _given(kind, *names):
    return [sa.Column(name, kind, nullable=False) for name in names]


def _maybe(kind, *names):
    return [sa.Column(name, kind) for name in names]


def _books():
    _table(
        "address_book",
        *_given(sa.Integer(), "id"),
        *_given(sa.String(length=100), "name"),
        *_given(MOMENT, "created_at"),
        _once("address_book", "workspace_id", "name"),
        _once("address_book", "workspace_id", "id"),
    )


def _contacts():
    _table(
        "contact",
        *_given(sa.Integer(), "id"),
        *_given(sa.String(), "email", "first_name", "last_name"),
        *_given(sa.JSON(), "fields"),
        *_given(MOMENT, "created_at", "changed_at"),
        _once("contact", "workspace_id", "email"),
        _once("contact", "workspace_id", "id"),
    )
    _table(
        "book_contact",
        *_given(sa.Integer(), "book_id", "contact_id"),
        _goes_with("book_contact", "address_book", "book_id"),
        _goes_with("book_contact", "contact", "contact_id"),
        key=("book_id", "contact_id"),
    )
    op.create_index("ix_book_contact_contact_id", "book_contact", ["contact_id"])
    _table(
        "contact_tag",
        *_given(sa.Integer(), "contact_id"),
        *_given(sa.String(length=40), "tag"),
        _goes_with("contact_tag", "contact", "contact_id"),
        key=("contact_id", "tag"),
    )
    op.create_index("ix_contact_tag_tag", "contact_tag", ["workspace_id", "tag"])


def _imports():
    name = "contact_import"
    _table(
        name,
        *_given(sa.Integer(), "id", "book_id"),
        *_maybe(sa.Integer(), "asked_by"),
        *_given(sa.String(), "state", "file_name", "duplicates"),
        *_maybe(sa.String(), "file", "problem"),
        *_given(sa.String(length=20), "encoding"),
        *_given(sa.String(length=1), "delimiter"),
        *_given(sa.Boolean(), "has_header"),
        *_given(sa.JSON(), "columns", "titles", "tags"),
        *_given(MOMENT, "created_at"),
        *_maybe(MOMENT, "started_at", "finished_at", "lease_until"),
        *_given(sa.Integer(), "total", "done", "added", "updated", "skipped", "unread"),
        *_maybe(sa.String(length=32), "owner"),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f(f"ck_{name}_state")),
        sa.CheckConstraint("duplicates IN ('update', 'skip')", name=op.f(f"ck_{name}_duplicates")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name=f"fk_{name}_asked_by", ondelete="SET NULL"
        ),
        _goes_with(name, "address_book", "book_id"),
        _once(name, "workspace_id", "id"),
    )
    for column in ("asked_by", "book_id", "state"):
        op.create_index(f"ix_{name}_{column}", name, [column])
    _table(
        "contact_import_unread",
        *_given(sa.Integer(), "import_id", "line"),
        *_given(sa.JSON(), "values"),
        *_given(sa.String(), "sentence"),
        _goes_with("contact_import_unread", name, "import_id"),
        key=("import_id", "line"),
    )
