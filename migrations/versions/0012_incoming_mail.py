"""How far each inbox has been read, with a cursor for each of its watched folders, what came to it, and conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ROLES = "'inbox', 'spam'"
STATES = "'new', 'parsed', 'poison'"

KINDS = "'test', 'warmup', 'sent', 'complaint', 'bounce', 'auto_reply', 'reply', 'unmatched'"
CLASSES = (
    "'interested', 'not_now', 'not_interested', 'wrong_person', 'out_of_office', 'unsubscribe', 'complaint', "
    "'auto_reply', 'bounce', 'other'"
)

# All that figures are made of: messages are wide, and there are many.
FIGURES = [
    "workspace_id",
    "kind",
    "finished_at",
    "in_data_at",
    "state",
    "category",
    "account_id",
    "campaign_id",
    "step",
    "id",
]


def upgrade():
    _cursors()
    _incoming()
    _threads()
    with op.batch_alter_table("email_account_health") as table:
        table.add_column(sa.Column("sync_problem", sa.Text()))
    # What a report names by its recipient alone, and whom an answer is from, is looked for among what was sent.
    is_over = sa.text("state IN ('sent', 'failed', 'ambiguous')")
    op.create_index("ix_send_over", "send", FIGURES, sqlite_where=is_over, postgresql_where=is_over)
    op.create_index("ix_send_recipient", "send", ["account_id", "recipient"])


def downgrade():
    op.drop_index("ix_send_recipient", "send")
    op.drop_index("ix_send_over", "send")
    with op.batch_alter_table("email_account_health") as table:
        table.drop_column("sync_problem")
    for name in ("thread", "incoming", "sync_folder", "inbox_sync"):
        op.drop_table(name)


def _of_account(name, *columns, key):
    op.create_table(
        name,
        sa.Column("account_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=f"fk_{name}_workspace_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "account_id"],
            ["email_account_health.workspace_id", "email_account_health.id"],
            name=f"fk_{name}_workspace_id_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_workspace_id", name, ["workspace_id"])


def _given(kind, *names):
    return [sa.Column(name, kind, nullable=False) for name in names]


def _maybe(kind, *names):
    return [sa.Column(name, kind) for name in names]


def _one_of(name, column, values):
    return sa.CheckConstraint(f"{column} IN ({values})", name=op.f(f"ck_{name}_{column}"))


def _cursors():
    _of_account(
        "inbox_sync",
        *_given(MOMENT, "next_at"),
        *_maybe(sa.String(), "asked_by", "server_line"),
        *_maybe(sa.String(length=32), "owner"),
        *_maybe(MOMENT, "lease_until", "tried_at", "synced_at", "heard_at", "listed_at"),
        *_given(sa.Integer(), "failures", "backlog", "backlog_done"),
        *_maybe(sa.Text(), "problem"),
        *_given(sa.JSON(), "folders"),
        key=["account_id"],
    )
    op.create_index("ix_inbox_sync_next_at", "inbox_sync", ["next_at"])
    op.create_index("ix_inbox_sync_lease_until", "inbox_sync", ["lease_until"])
    _of_account(
        "sync_folder",
        *_given(sa.String(length=8), "role"),
        *_given(sa.String(), "name"),
        *_maybe(sa.BigInteger(), "uid_validity", "last_uid"),
        *_maybe(sa.Text(), "cursor"),
        *_maybe(sa.Integer(), "messages"),
        *_maybe(MOMENT, "synced_at"),
        _one_of("sync_folder", "role", ROLES),
        key=["account_id", "role"],
    )


def _incoming():
    name = "incoming"
    _of_account(
        name,
        *_given(sa.Integer(), "id", "size", "tries"),
        *_given(sa.String(length=8), "role", "state"),
        *_given(sa.String(), "remote_key", "sender", "subject"),
        *_given(sa.String(length=64), "identity"),
        *_maybe(sa.String(), "message_id", "in_reply_to", "problem"),
        *_given(sa.JSON(), "refers_to"),
        *_given(MOMENT, "received_at", "fetched_at"),
        *_maybe(MOMENT, "lease_until"),
        *_maybe(sa.LargeBinary(), "raw"),
        *_maybe(sa.String(length=20), "kind", "reply_class"),
        *_given(sa.Boolean(), "counts"),
        *_maybe(sa.String(length=40), "category"),
        *_maybe(sa.JSON(), "evidence"),
        *_maybe(sa.Integer(), "send_id", "thread_id"),
        *_maybe(sa.Date(), "away_until"),
        *_maybe(sa.Text(), "text", "html", "reply_text"),
        *_given(sa.JSON(), "corrections"),
        sa.UniqueConstraint("account_id", "identity", name="uq_incoming_account_id_identity"),
        sa.UniqueConstraint("account_id", "remote_key", name="uq_incoming_account_id_remote_key"),
        _one_of(name, "role", ROLES),
        _one_of(name, "state", STATES),
        _one_of(name, "kind", KINDS),
        _one_of(name, "reply_class", CLASSES),
        key=["id"],
    )
    op.create_index("ix_incoming_received_at", name, ["workspace_id", "received_at"])
    op.create_index("ix_incoming_message_id", name, ["workspace_id", "message_id"])
    op.create_index("ix_incoming_send_id", name, ["send_id", "counts", "reply_class"])
    is_told = sa.text("thread_id IS NOT NULL")
    columns = ["workspace_id", "thread_id", "received_at"]
    op.create_index("ix_incoming_thread", name, columns, sqlite_where=is_told, postgresql_where=is_told)
    unread = sa.text("state = 'new'")
    op.create_index("ix_incoming_unread", name, ["account_id"], sqlite_where=unread, postgresql_where=unread)


def _threads():
    name = "thread"
    _of_account(
        name,
        *_given(sa.Integer(), "id", "last_id"),
        *_given(sa.String(), "address", "subject"),
        *_maybe(sa.Integer(), "campaign_id"),
        *_given(MOMENT, "last_at"),
        *_given(sa.String(length=20), "reply_class"),
        *_maybe(MOMENT, "done_at"),
        *_maybe(sa.String(), "done_by"),
        sa.UniqueConstraint("account_id", "address", name="uq_thread_account_id_address"),
        _one_of(name, "reply_class", CLASSES),
        key=["id"],
    )
    in_order = ["workspace_id", "last_at", "id"]
    op.create_index("ix_thread_last_at", name, in_order)
    op.create_index("ix_thread_campaign_id", name, ["campaign_id"])
    is_open = sa.text("done_at IS NULL")
    op.create_index("ix_thread_open", name, in_order, sqlite_where=is_open, postgresql_where=is_open)
