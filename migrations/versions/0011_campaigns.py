"""Campaigns with their steps, pools and contacts, the ledger of their batches, and what a send carries for them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TYPES = "'cold_outreach', 'nurture'"
STATES = "'draft', 'running', 'paused', 'finished'"
CONTACT_STATES = "'waiting', 'placed', 'finished', 'stopped', 'failed'"
STOPS = "'reply', 'bounce', 'complaint', 'opt_out'"


def upgrade():
    _campaigns()
    _ledger()
    with op.batch_alter_table("send") as table:
        for name in ("campaign_id", "contact_id", "step", "batch_id"):
            table.add_column(sa.Column(name, sa.Integer()))
        table.add_column(sa.Column("headers", sa.JSON()))
        table.add_column(sa.Column("html", sa.Text()))
        table.create_index("ix_send_contact", ["workspace_id", "contact_id", "kind"])
        table.create_unique_constraint(
            "uq_send_campaign_id_contact_id_step", ["campaign_id", "contact_id", "step"]
        )


def downgrade():
    with op.batch_alter_table("send") as table:
        table.drop_constraint("uq_send_campaign_id_contact_id_step", type_="unique")
        table.drop_index("ix_send_contact")
        for name in ("html", "headers", "batch_id", "step", "contact_id", "campaign_id"):
            table.drop_column(name)
    for name in (
        "inbox_rotation",
        "deferral",
        "batch",
        "campaign_contact",
        "campaign_inbox",
        "campaign_step",
        "campaign",
    ):
        op.drop_table(name)


def _table(name, *columns, key=("id",), **options):
    op.create_table(
        name,
        *columns,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=f"fk_{name}_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        **options,
    )
    op.create_index(f"ix_{name}_workspace_id", name, ["workspace_id"])


def _goes_with(name, table, column):
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{table}.workspace_id", f"{table}.id"],
        name=f"fk_{name}_workspace_id_{column}",
        ondelete="CASCADE",
    )


def _own_id(name):
    return sa.UniqueConstraint("workspace_id", "id", name=f"uq_{name}_workspace_id_id")


def _one_of(name, column, values):
    return sa.CheckConstraint(f"{column} IN ({values})", name=op.f(f"ck_{name}_{column}"))


def _given(kind, *names):
    return [sa.Column(name, kind, nullable=False) for name in names]


def _maybe(kind, *names):
    return [sa.Column(name, kind) for name in names]


def _campaigns():
    name = "campaign"
    _table(
        name,
        *_given(sa.Integer(), "id", "min_health_score", "opens", "closes"),
        *_given(sa.String(length=100), "name"),
        *_given(sa.String(), "campaign_type", "state", "timezone"),
        *_given(sa.JSON(), "days"),
        *_maybe(sa.Integer(), "book_id"),
        *_given(MOMENT, "created_at"),
        *_maybe(MOMENT, "launched_at", "finished_at", "next_at", "lease_until", "throttled_since"),
        *_maybe(sa.String(length=32), "owner"),
        *_maybe(sa.String(), "asked_by"),
        _own_id(name),
        _one_of(name, "campaign_type", TYPES),
        _one_of(name, "state", STATES),
        sa.CheckConstraint("min_health_score BETWEEN 0 AND 100", name=op.f(f"ck_{name}_min_health_score")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_campaign_next_at", name, ["state", "next_at"])
    _table(
        "campaign_step",
        *_given(sa.Integer(), "campaign_id", "number", "delay_days"),
        *_given(sa.String(), "subject"),
        *_given(sa.Text(), "body", "html"),
        _goes_with("campaign_step", name, "campaign_id"),
        key=("campaign_id", "number"),
    )
    _table(
        "campaign_inbox",
        *_given(sa.Integer(), "campaign_id", "account_id"),
        _goes_with("campaign_inbox", name, "campaign_id"),
        _goes_with("campaign_inbox", "email_account_health", "account_id"),
        key=("campaign_id", "account_id"),
    )
    op.create_index("ix_campaign_inbox_account_id", "campaign_inbox", ["account_id"])
    _contacts()


def _contacts():
    name = "campaign_contact"
    _table(
        name,
        *_given(sa.Integer(), "campaign_id", "contact_id", "step", "deferrals"),
        *_given(sa.String(), "state"),
        *_given(MOMENT, "due_at"),
        *_maybe(MOMENT, "away_until"),
        *_maybe(sa.Integer(), "account_id"),
        *_maybe(sa.String(), "stopped_by"),
        *_maybe(sa.Text(), "problem"),
        _goes_with(name, "campaign", "campaign_id"),
        _goes_with(name, "contact", "contact_id"),
        _one_of(name, "state", CONTACT_STATES),
        _one_of(name, "stopped_by", STOPS),
        key=("campaign_id", "contact_id"),
    )
    op.create_index("ix_campaign_contact_due", name, ["campaign_id", "state", "due_at"])
    op.create_index("ix_campaign_contact_contact_id", name, ["contact_id"])


def _ledger():
    _table(
        "batch",
        *_given(sa.Integer(), "id", "campaign_id", "floor", "due", "placed", "deferred"),
        *_given(MOMENT, "began_at"),
        *_maybe(MOMENT, "finished_at", "next_try"),
        *_given(sa.String(), "campaign_type"),
        *_maybe(sa.String(), "asked_by"),
        *_given(sa.JSON(), "pool", "turned", "reasons"),
        *_maybe(sa.Text(), "sentence"),
        _own_id("batch"),
        _goes_with("batch", "campaign", "campaign_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_batch_campaign_id", "batch", ["campaign_id", "id"])
    op.create_index("ix_batch_began_at", "batch", ["began_at"])
    _table(
        "deferral",
        *_given(sa.Integer(), "batch_id", "contact_id", "step"),
        *_given(MOMENT, "until"),
        *_maybe(sa.Integer(), "account_id"),
        *_maybe(sa.Text(), "sentence"),
        _goes_with("deferral", "batch", "batch_id"),
        _goes_with("deferral", "contact", "contact_id"),
        key=("batch_id", "contact_id"),
    )
    op.create_index("ix_deferral_contact_id", "deferral", ["contact_id"])
    _table(
        "inbox_rotation",
        *_given(sa.Integer(), "account_id"),
        *_given(MOMENT, "last_used_at", "next_slot_at"),
        _goes_with("inbox_rotation", "email_account_health", "account_id"),
        key=("account_id",),
    )
