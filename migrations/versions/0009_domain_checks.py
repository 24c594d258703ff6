"""What is found of each sending domain: its checks and their verdicts, its listings, what receivers said, its history."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FLAGS = ("is_public_provider", "has_troubled_inboxes")
CHECKS = "'mx', 'spf', 'dkim', 'dmarc', 'alignment', 'ptr', 'lists'"
TABLES = ("domain_event", "domain_spam_day", "domain_observation", "domain_listing", "domain_check")


def upgrade():
    with op.batch_alter_table("domain_health") as table:
        for name in FLAGS:
            table.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
        for column in _empty():
            table.add_column(column)
    with op.batch_alter_table("domain_health") as table:
        for name in FLAGS:
            table.alter_column(name, server_default=None)
        table.create_check_constraint(op.f("ck_domain_health_score"), "score BETWEEN 0 AND 100")
        table.create_index("ix_domain_health_next_check_at", ["next_check_at"])
    with op.batch_alter_table("email_account_health") as table:
        table.add_column(sa.Column("server_listed_on", sa.String()))
        table.add_column(sa.Column("server_pause_reason", sa.Text()))
    _checks()
    _listings()
    _observations()
    _spam_days()
    _events()


def downgrade():
    for table in TABLES:
        op.drop_table(table)
    with op.batch_alter_table("email_account_health") as table:
        table.drop_column("server_listed_on")
        table.drop_column("server_pause_reason")
    with op.batch_alter_table("domain_health") as table:
        table.drop_index("ix_domain_health_next_check_at")
        table.drop_constraint(op.f("ck_domain_health_score"), type_="check")
        for name in (*FLAGS, *(column.name for column in _empty())):
            table.drop_column(name)


def _empty():
    for name in ("organisation", "listed_on", "override_by"):
        yield sa.Column(name, sa.String())
    for name in ("has_both", "has_dmarc"):
        yield sa.Column(name, sa.Boolean())
    for name in ("own_addresses", "pause_codes", "pause_memory", "check_progress"):
        yield sa.Column(name, sa.JSON())
    for name in ("resumed_at", "override_until", "checked_at", "next_check_at", "check_lease_until"):
        yield sa.Column(name, MOMENT)
    yield sa.Column("score", sa.Integer())


def _of_domain(table, keys, *columns):
    op.create_table(
        table,
        sa.Column("domain_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=f"fk_{table}_workspace_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "domain_id"],
            ["domain_health.workspace_id", "domain_health.id"],
            name=f"fk_{table}_workspace_id_domain_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])


def _filled(kind, *names):
    return [sa.Column(name, kind, nullable=False) for name in names]


def _maybe(kind, *names):
    return [sa.Column(name, kind) for name in names]


def _one_of(table, column, values):
    return sa.CheckConstraint(f"{column} IN ({values})", name=op.f(f"ck_{table}_{column}"))


def _checks():
    _of_domain(
        "domain_check",
        ["domain_id", "kind"],
        *_filled(sa.String(length=12), "kind", "verdict"),
        *_filled(sa.String(length=40), "code"),
        *_filled(sa.Text(), "sentence", "expected"),
        *_filled(sa.JSON(), "found"),
        *_maybe(sa.String(), "paste_name", "paste_kind"),
        *_maybe(sa.Text(), "paste_value"),
        *_filled(sa.Boolean(), "applies", "is_silent"),
        *_filled(MOMENT, "found_at", "checked_at"),
        _one_of("domain_check", "kind", CHECKS),
        _one_of("domain_check", "verdict", "'pass', 'warn', 'fail', 'unknown'"),
    )


def _listings():
    _of_domain(
        "domain_listing",
        ["id"],
        *_filled(sa.Integer(), "id", "severity"),
        *_filled(sa.String(length=40), "list_key"),
        *_filled(sa.String(), "subject", "words"),
        *_filled(sa.JSON(), "raw"),
        *_filled(MOMENT, "first_at", "last_at"),
        *_maybe(MOMENT, "confirmed_at", "clean_since", "cleared_at"),
        sa.UniqueConstraint(
            "domain_id", "list_key", "subject", name="uq_domain_listing_domain_id_list_key_subject"
        ),
    )


def _observations():
    _of_domain(
        "domain_observation",
        ["id"],
        *_filled(sa.Integer(), "id"),
        *_filled(sa.String(length=200), "cause"),
        *_filled(MOMENT, "at"),
        *_filled(sa.String(length=20), "dmarc", "spf"),
        *_filled(sa.Boolean(), "has_aligned_dkim", "is_direct"),
        *_maybe(sa.String(), "selector"),
        sa.UniqueConstraint("domain_id", "cause", name="uq_domain_observation_domain_id_cause"),
    )
    op.create_index("ix_domain_observation_at", "domain_observation", ["domain_id", "at"])


def _spam_days():
    _of_domain(
        "domain_spam_day",
        ["domain_id", "day"],
        *_filled(sa.Date(), "day"),
        *_filled(sa.Double(), "rate"),
        sa.CheckConstraint("rate BETWEEN 0 AND 1", name=op.f("ck_domain_spam_day_rate")),
    )


def _events():
    _of_domain(
        "domain_event",
        ["id"],
        *_filled(sa.Integer(), "id"),
        *_filled(MOMENT, "at"),
        *_filled(sa.String(), "kind", "tone"),
        *_filled(sa.Text(), "sentence"),
        *_maybe(sa.String(), "actor"),
        _one_of("domain_event", "tone", "'ok', 'warn', 'bad', 'plain'"),
    )
    op.create_index("ix_domain_event_domain", "domain_event", ["domain_id", "id"])
