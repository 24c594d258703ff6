"""What happened to each inbox's mail, the counts of it, its cooldowns, and what is remembered between two looks at it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "'sent', 'soft', 'permanent', 'complaint', 'placed_inbox', 'placed_spam', "
    "'connection', 'throttle', 'block', 'provider_limit'"
)
STREAM = "stream IN ('production', 'warmup')"
COOLDOWNS = (
    "'bounce_burst', 'complaint', 'throttle', 'provider_daily_limit', "
    "'reputation_block', 'placement_drop', 'connection', 'manual'"
)
ACCOUNT_CHECKS = {
    "hold_state": "hold_state IN ('none', 'held', 'probation')",
    "cooldown_kind": f"cooldown_kind IN ({COOLDOWNS})",
    "limit_mode": "limit_mode IN ('automatic', 'manual')",
}
NUMBERS = ("bounce_count", "bounce_of", "complaint_count", "complaint_of", "health_level", "health_version")
MOMENTS = ("warmup_off_at", "health_cooldown_ends", "provider_limit_at")


def upgrade():
    _account_columns()
    with op.batch_alter_table("health_event") as table:
        for name, kind in _event_columns():
            table.add_column(sa.Column(name, kind))
    _events()
    _counts()
    _memory()
    _cooldowns()
    _days()


def downgrade():
    for table in (
        "health_day",
        "cooldown",
        "inbox_health_state",
        "inbox_recent",
        "inbox_mail_day",
        "inbox_mail_hour",
        "inbox_event",
    ):
        op.drop_table(table)
    with op.batch_alter_table("health_event") as table:
        for name, _kind in _event_columns():
            table.drop_column(name)
    with op.batch_alter_table("email_account_health") as table:
        for name in ACCOUNT_CHECKS:
            table.drop_constraint(op.f(f"ck_email_account_health_{name}"), type_="check")
        for column in (*_given(), *_empty()):
            table.drop_column(column.name)


def _given():
    """Columns that every inbox has a value in."""
    yield sa.Column("hold_state", sa.String(), nullable=False, server_default="none")
    yield sa.Column("limit_mode", sa.String(), nullable=False, server_default="automatic")
    for name in ("needs_acknowledgement", "is_personal"):
        yield sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
    for name in NUMBERS:
        yield sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _empty():
    for name in MOMENTS:
        yield sa.Column(name, MOMENT)
    for name in ("cooldown_kind", "stage_sentence"):
        yield sa.Column(name, sa.String())
    yield sa.Column("rates_basis", sa.String(length=12))
    yield sa.Column("score_record", sa.JSON())
    for name in ("stated_ceiling", "sent_before_limit", "effective_limit"):
        yield sa.Column(name, sa.Integer())


def _account_columns():
    with op.batch_alter_table("email_account_health") as table:
        for column in (*_given(), *_empty()):
            table.add_column(column)
    with op.batch_alter_table("email_account_health") as table:
        for column in _given():
            table.alter_column(column.name, server_default=None)
        for name, check in ACCOUNT_CHECKS.items():
            table.create_check_constraint(op.f(f"ck_email_account_health_{name}"), check)
    # A number that a person has typed is not moved by the ramp.
    op.execute(
        "UPDATE email_account_health SET limit_mode = 'manual' WHERE EXISTS (SELECT 1 FROM health_event "
        "WHERE health_event.account_id = email_account_health.id AND health_event.kind = 'limit')"
    )


def _event_columns():
    return (("before", sa.String()), ("after", sa.String()), ("cause", sa.Text()), ("counters", sa.JSON()))


def _of_account(table, keys, *columns):
    op.create_table(
        table,
        sa.Column("account_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=f"fk_{table}_workspace_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "account_id"],
            ["email_account_health.workspace_id", "email_account_health.id"],
            name=f"fk_{table}_workspace_id_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{table}"),
    )
    op.create_index(f"ix_{table}_workspace_id", table, ["workspace_id"])


def _whole(*names):
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _maybe(kind, *names):
    return [sa.Column(name, kind) for name in names]


def _check(table, name, text):
    return sa.CheckConstraint(text, name=op.f(f"ck_{table}_{name}"))


def _events():
    _of_account(
        "inbox_event",
        ["id"],
        *_whole("id"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stream", sa.String()),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("heard_at", MOMENT, nullable=False),
        *_maybe(sa.Integer(), "send_id"),
        *_maybe(sa.Text(), "detail"),
        *_maybe(MOMENT, "counted_at"),
        _check("inbox_event", "kind", f"kind IN ({KINDS})"),
        _check("inbox_event", "stream", STREAM),
        sa.UniqueConstraint("account_id", "kind", "cause", name="uq_inbox_event_account_id_kind_cause"),
    )
    op.create_index("ix_inbox_event_heard_at", "inbox_event", ["account_id", "heard_at"])
    uncounted = sa.text("counted_at IS NULL")
    op.create_index(
        "ix_inbox_event_uncounted",
        "inbox_event",
        ["workspace_id"],
        sqlite_where=uncounted,
        postgresql_where=uncounted,
    )


def _counts():
    for table, key, kind in (("inbox_mail_hour", "hour", MOMENT), ("inbox_mail_day", "day", sa.Date())):
        _of_account(
            table,
            ["account_id", key, "stream"],
            sa.Column(key, kind, nullable=False),
            sa.Column("stream", sa.String(length=12), nullable=False),
            *_whole("sent", "failed", "complaints", "in_inbox", "in_spam"),
            _check(table, "stream", STREAM),
        )
    _of_account("inbox_recent", ["account_id"], sa.Column("attempts", sa.JSON(), nullable=False))


def _memory():
    _of_account(
        "inbox_health_state",
        ["account_id"],
        *_maybe(MOMENT, "hold_since", "good_since", "judged_from", "said_fixed_at", "fell_at", "raised_at"),
        *_maybe(MOMENT, "last_mail_at", "dirty_at"),
        sa.Column("hold_causes", sa.JSON(), nullable=False),
        sa.Column("holds_begun", sa.JSON(), nullable=False),
        *_maybe(sa.String(), "said_fixed_by", "left_connection"),
        *_maybe(sa.Integer(), "fallen_from", "fallen_to", "fallen_sends", "left_version"),
        sa.Column("is_critical", sa.Boolean(), nullable=False),
        *_whole("elevated_days", "answered", "warmup_sends"),
        *_maybe(sa.Date(), "elevated_on", "raised_on", "reviewed_day"),
    )
    op.create_index("ix_inbox_health_state_dirty_at", "inbox_health_state", ["dirty_at"])


def _cooldowns():
    _of_account(
        "cooldown",
        ["id"],
        *_whole("id", "step"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        *_maybe(MOMENT, "ended_at", "acknowledged_at"),
        *_maybe(sa.String(), "ended_by", "acknowledged_by"),
        _check("cooldown", "kind", f"kind IN ({COOLDOWNS})"),
        sa.UniqueConstraint("account_id", "kind", "cause", name="uq_cooldown_account_id_kind_cause"),
    )
    op.create_index("ix_cooldown_began_at", "cooldown", ["account_id", "began_at"])


def _days():
    _of_account(
        "health_day",
        ["account_id", "day"],
        sa.Column("day", sa.Date(), nullable=False),
        *_whole("score", "reputation", "stage", "limit"),
        *(
            sa.Column(name, sa.Boolean(), nullable=False)
            for name in ("was_held", "was_cooling", "was_domain_paused")
        ),
    )
