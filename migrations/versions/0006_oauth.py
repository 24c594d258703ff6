"""Signing in at Google and Microsoft: applications, attempts and grants; and the ids that their APIs give a message."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PROVIDERS = "provider IN ('gmail', 'microsoft', 'smtp_imap', 'reachinbox')"


def upgrade():
    _applications()
    _attempts()
    _grants()
    with op.batch_alter_table("send") as table:
        for name in ("provider_id", "thread_id", "sent_message_id"):
            table.add_column(sa.Column(name, sa.String()))
        table.create_index("ix_send_sent_message_id", ["sent_message_id"])


def downgrade():
    with op.batch_alter_table("send") as table:
        table.drop_index("ix_send_sent_message_id")
        for name in ("sent_message_id", "thread_id", "provider_id"):
            table.drop_column(name)
    for table in ("oauth_grant", "oauth_attempt", "provider_app"):
        op.drop_table(table)


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


def _one_of_providers(table):
    return sa.CheckConstraint(PROVIDERS, name=op.f(f"ck_{table}_provider"))


def _applications():
    op.create_table(
        "provider_app",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("sealed_client_secret", sa.Text(), nullable=False),
        sa.Column("tenant", sa.String()),
        sa.Column("audience", sa.String()),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("checked_at", MOMENT),
        sa.Column("check", sa.JSON(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        _one_of_providers("provider_app"),
        _workspace("provider_app"),
        sa.PrimaryKeyConstraint("workspace_id", "provider", name="pk_provider_app"),
    )
    op.create_index("ix_provider_app_workspace_id", "provider_app", ["workspace_id"])


def _attempts():
    op.create_table(
        "oauth_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("returned_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(length=40)),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        _one_of_providers("oauth_attempt"),
        sa.CheckConstraint(
            "purpose IN ('connect', 'reauthorize', 'engage')", name=op.f("ck_oauth_attempt_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_oauth_attempt_user_id", ondelete="CASCADE"
        ),
        _workspace("oauth_attempt"),
        _account("oauth_attempt"),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_attempt"),
        sa.UniqueConstraint("state_hash", name="uq_oauth_attempt_state_hash"),
    )
    for column in ("account_id", "returned_at", "user_id", "workspace_id"):
        op.create_index(f"ix_oauth_attempt_{column}", "oauth_attempt", [column])


def _grants():
    op.create_table(
        "oauth_grant",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("sealed_access_token", sa.Text()),
        sa.Column("sealed_refresh_token", sa.Text()),
        sa.Column("access_until", MOMENT, nullable=False),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("refreshed_at", MOMENT, nullable=False),
        sa.Column("refresh_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=32)),
        sa.Column("lease_until", MOMENT),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("failure_code", sa.String(length=40)),
        sa.Column("failure_detail", sa.JSON(), nullable=False),
        sa.Column("failed_at", MOMENT),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        _one_of_providers("oauth_grant"),
        _workspace("oauth_grant"),
        _account("oauth_grant"),
        sa.PrimaryKeyConstraint("account_id", name="pk_oauth_grant"),
    )
    for column in ("refresh_at", "workspace_id"):
        op.create_index(f"ix_oauth_grant_{column}", "oauth_grant", [column])
