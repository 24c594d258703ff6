"""Connection tests."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "connection_test",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("sealed_smtp_password", sa.Text(), nullable=True),
        sa.Column("sealed_imap_password", sa.Text(), nullable=True),
        sa.Column("secrets_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("failure_leg", sa.String(), nullable=True),
        sa.Column("failure_step", sa.String(), nullable=True),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_detail", sa.JSON(), nullable=False),
        sa.Column("server_line", sa.String(), nullable=True),
        sa.Column("warning", sa.String(), nullable=True),
        sa.Column("folders", sa.JSON(), nullable=False),
        sa.Column("dialogue", sa.Text(), nullable=True),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('connect', 'reconnect', 'retest', 'folder', 'probe')",
            name=op.f("ck_connection_test_purpose"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'waiting', 'passed', 'failed', 'stopped')",
            name=op.f("ck_connection_test_state"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_connection_test_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "account_id"],
            ["email_account_health.workspace_id", "email_account_health.id"],
            name="fk_connection_test_workspace_id_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_connection_test_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_connection_test"),
    )
    op.create_index("ix_connection_test_account_id", "connection_test", ["account_id"])
    op.create_index("ix_connection_test_state", "connection_test", ["state"])
    op.create_index("ix_connection_test_user_id", "connection_test", ["user_id"])
    op.create_index("ix_connection_test_workspace_id", "connection_test", ["workspace_id"])


def downgrade():
    op.drop_table("connection_test")
