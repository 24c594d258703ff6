"""Email accounts with their servers, days, log and sending domains."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "domain_health",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.String(), nullable=True),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_domain_health_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_domain_health"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_domain_health_workspace_id_id"),
        sa.UniqueConstraint("workspace_id", "name", name="uq_domain_health_workspace_id_name"),
    )
    op.create_index("ix_domain_health_workspace_id", "domain_health", ["workspace_id"])
    op.create_table(
        "email_account_health",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("domain_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overall_score", sa.Double(), nullable=True),
        sa.Column("reputation_score", sa.Double(), nullable=True),
        sa.Column("warmup_progress", sa.Integer(), nullable=False),
        sa.Column("current_stage", sa.Integer(), nullable=False),
        sa.Column("daily_send_limit", sa.Integer(), nullable=False),
        sa.Column("bounce_rate_7d", sa.Double(), nullable=True),
        sa.Column("complaint_rate_7d", sa.Double(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_active_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active_changed_by", sa.String(), nullable=True),
        sa.Column("connection_state", sa.String(), nullable=False),
        sa.Column("cooldown_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rotation_priority", sa.Integer(), nullable=False),
        sa.Column("restriction", sa.String(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "connection_state IN ('ok', 'auth_failed', 'auth_revoked', 'suspended', 'disconnected')",
            name=op.f("ck_email_account_health_connection_state"),
        ),
        sa.CheckConstraint(
            "provider IN ('gmail', 'microsoft', 'smtp_imap', 'reachinbox')",
            name=op.f("ck_email_account_health_provider"),
        ),
        sa.CheckConstraint(
            "restriction IN ('any', 'cold_outreach', 'nurture')",
            name=op.f("ck_email_account_health_restriction"),
        ),
        sa.CheckConstraint(
            "bounce_rate_7d BETWEEN 0 AND 1", name=op.f("ck_email_account_health_bounce_rate_7d")
        ),
        sa.CheckConstraint(
            "complaint_rate_7d BETWEEN 0 AND 1", name=op.f("ck_email_account_health_complaint_rate_7d")
        ),
        sa.CheckConstraint(
            "current_stage BETWEEN 0 AND 5", name=op.f("ck_email_account_health_current_stage")
        ),
        sa.CheckConstraint("daily_send_limit >= 0", name=op.f("ck_email_account_health_daily_send_limit")),
        sa.CheckConstraint(
            "overall_score BETWEEN 0 AND 100", name=op.f("ck_email_account_health_overall_score")
        ),
        sa.CheckConstraint(
            "reputation_score BETWEEN 0 AND 100", name=op.f("ck_email_account_health_reputation_score")
        ),
        sa.CheckConstraint(
            "rotation_priority BETWEEN 1 AND 1000", name=op.f("ck_email_account_health_rotation_priority")
        ),
        sa.CheckConstraint(
            "warmup_progress BETWEEN 0 AND 100", name=op.f("ck_email_account_health_warmup_progress")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "domain_id"],
            ["domain_health.workspace_id", "domain_health.id"],
            name="fk_email_account_health_workspace_id_domain_id",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name="fk_email_account_health_workspace_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_email_account_health"),
        sa.UniqueConstraint("workspace_id", "email", name="uq_email_account_health_workspace_id_email"),
        sa.UniqueConstraint("workspace_id", "id", name="uq_email_account_health_workspace_id_id"),
    )
    op.create_index("ix_email_account_health_domain_id", "email_account_health", ["domain_id"])
    op.create_index("ix_email_account_health_workspace_id", "email_account_health", ["workspace_id"])
    op.create_table(
        "mail_server",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("sealed_password", sa.Text(), nullable=False),
        sa.Column("allow_old_tls", sa.Boolean(), nullable=False),
        sa.Column("allow_unverified", sa.Boolean(), nullable=False),
        sa.Column("folder", sa.String(), nullable=True),
        sa.Column("folders", sa.JSON(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failure_code", sa.String(), nullable=True),
        sa.Column("failure_detail", sa.JSON(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("leg IN ('smtp', 'imap')", name=op.f("ck_mail_server_leg")),
        sa.CheckConstraint("security IN ('ssl', 'starttls', 'none')", name=op.f("ck_mail_server_security")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "account_id"],
            ["email_account_health.workspace_id", "email_account_health.id"],
            name="fk_mail_server_workspace_id_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_mail_server_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "leg", name="pk_mail_server"),
    )
    op.create_index("ix_mail_server_workspace_id", "mail_server", ["workspace_id"])
    op.create_table(
        "inbox_day",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "account_id"],
            ["email_account_health.workspace_id", "email_account_health.id"],
            name="fk_inbox_day_workspace_id_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_inbox_day_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "day", name="pk_inbox_day"),
    )
    op.create_index("ix_inbox_day_workspace_id", "inbox_day", ["workspace_id"])
    op.create_table(
        "health_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tone", sa.String(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("tone IN ('ok', 'warn', 'bad', 'plain')", name=op.f("ck_health_event_tone")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "account_id"],
            ["email_account_health.workspace_id", "email_account_health.id"],
            name="fk_health_event_workspace_id_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_health_event_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_health_event"),
    )
    op.create_index("ix_health_event_account", "health_event", ["account_id", "id"])
    op.create_index("ix_health_event_workspace_id", "health_event", ["workspace_id"])


def downgrade():
    op.drop_table("health_event")
    op.drop_table("inbox_day")
    op.drop_table("mail_server")
    op.drop_table("email_account_health")
    op.drop_table("domain_health")
