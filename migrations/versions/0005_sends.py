"""Messages on their way out, what each inbox sent in an hour, who sends for it, and suppressed addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade():
    _sends()
    _of_an_inbox(
        "inbox_hour",
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
    )
    _of_an_inbox(
        "inbox_sender",
        sa.Column("owner", sa.String(length=32)),
        sa.Column("lease_until", MOMENT),
        sa.Column("next_slot_at", MOMENT),
    )
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("send_id", sa.Integer()),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        _workspace("suppression"),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
        sa.UniqueConstraint("workspace_id", "email", name="uq_suppression_workspace_id_email"),
    )
    op.create_index("ix_suppression_workspace_id", "suppression", ["workspace_id"])


def _workspace(table):
    return sa.ForeignKeyConstraint(
        ["workspace_id"], ["workspace.id"], name=f"fk_{table}_workspace_id", ondelete="CASCADE"
    )


def _account(table):
    return sa.ForeignKeyConstraint(
        ["workspace_id", "account_id"],
        ["email_account_health.workspace_id", "email_account_health.id"],
        name=f"fk_{table}_workspace_id_account_id",
        ondelete="CASCADE",
    )


def _of_an_inbox(table, *columns):
    keys = ["account_id", "hour"] if table == "inbox_hour" else ["account_id"]
    op.create_table(
        table,
        sa.Column("account_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        _workspace(table),
        _account(table),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])


def _sends():
    kinds, states = (
        "'test', 'manual', 'campaign', 'warmup'",
        "'queued', 'claimed', 'in_data', 'sent', 'failed', 'ambiguous'",
    )
    op.create_table(
        "send",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.Integer()),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=32)),
        sa.Column("lease_until", MOMENT),
        sa.Column("day", sa.Date()),
        sa.Column("hour", MOMENT),
        sa.Column("in_data_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("message", sa.LargeBinary()),
        sa.Column("message_id", sa.String()),
        sa.Column("dated_at", MOMENT),
        sa.Column("category", sa.String(length=40)),
        sa.Column("reason", sa.String()),
        sa.Column("server_line", sa.String()),
        sa.Column("timeline", sa.JSON(), nullable=False),
        sa.Column("copy_state", sa.String(length=20)),
        sa.Column("next_look_at", MOMENT),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("resolved_by", sa.String()),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_send_kind")),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_send_state")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name="fk_send_asked_by", ondelete="SET NULL"
        ),
        _workspace("send"),
        _account("send"),
        sa.PrimaryKeyConstraint("id", name="pk_send"),
        sa.UniqueConstraint("workspace_id", "key", name="uq_send_workspace_id_key"),
    )
    for name, columns in {
        "asked_by": ["asked_by"],
        "copy_state": ["copy_state"],
        "due": ["account_id", "state", "due_at"],
        "message_id": ["message_id"],
        "state": ["state", "due_at"],
        "workspace_id": ["workspace_id"],
    }.items():
        op.create_index(f"ix_send_{name}", "send", columns)


def downgrade():
    for table in ("suppression", "inbox_sender", "inbox_hour", "send"):
        op.drop_table(table)
