"""Tags and clients on accounts, views of the list that people keep, and what a change of many is taken back with."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    _tags()
    _saved_views()
    _undo()


def downgrade():
    for table in ("undo_value", "undo", "saved_view", "account_tag", "tag"):
        op.drop_table(table)


def _create(table, keys, *parts):
    op.create_table(
        table,
        *(sa.Column(key, sa.Integer(), nullable=False) for key in keys),
        *parts,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=f"fk_{table}_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])


def _refers(table, column, to):
    """A reference that names the workspace too."""
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{to}.workspace_id", f"{to}.id"],
        name=f"fk_{table}_workspace_id_{column}",
        ondelete="CASCADE",
    )


def _named():
    yield sa.Column("name", sa.String(length=40), nullable=False)
    yield sa.Column("folded", sa.String(length=120), nullable=False)


def _of_person(table):
    yield sa.Column("user_id", sa.Integer(), nullable=False)
    yield sa.ForeignKeyConstraint(
        ["user_id"], ["user_account.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
    )


def _tags():
    _create(
        "tag",
        ["id"],
        *_named(),
        sa.Column("is_client", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("workspace_id", "folded", name="uq_tag_workspace_id_folded"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_tag_workspace_id_id"),
    )
    keys = ["account_id", "tag_id"]
    to = ("email_account_health", "tag")
    _create("account_tag", keys, *map(_refers, ["account_tag"] * 2, keys, to))
    op.create_index("ix_account_tag_tag_id", "account_tag", ["tag_id"])


def _saved_views():
    _create(
        "saved_view",
        ["id"],
        *_of_person("saved_view"),
        *_named(),
        sa.Column("query", sa.Text(), nullable=False),
        sa.UniqueConstraint(
            "workspace_id", "user_id", "folded", name="uq_saved_view_workspace_id_user_id_folded"
        ),
    )


def _undo():
    _create(
        "undo",
        ["id"],
        *_of_person("undo"),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("token_hash", name="uq_undo_token_hash"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_undo_workspace_id_id"),
    )
    op.create_index("ix_undo_expires_at", "undo", ["expires_at"])
    keys = ["undo_id", "account_id"]
    to = ("undo", "email_account_health")
    _create(
        "undo_value",
        keys,
        *map(_refers, ["undo_value"] * 2, keys, to),
        sa.Column("before", sa.JSON(), nullable=False),
    )
