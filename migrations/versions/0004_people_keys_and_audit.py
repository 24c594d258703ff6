"""Invitations, the audit log, rotations of keys, and limits of inboxes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    _add("workspace", sa.Column("rotation_days", sa.Integer()), "90")
    with op.batch_alter_table("workspace") as workspace:
        workspace.add_column(sa.Column("account_limit", sa.Integer()))
        workspace.create_check_constraint(
            op.f("ck_workspace_rotation_days"), "rotation_days BETWEEN 1 AND 3650"
        )
        workspace.create_check_constraint(op.f("ck_workspace_account_limit"), "account_limit >= 0")
    with op.batch_alter_table("workspace_key") as key:
        key.add_column(sa.Column("wrapped_by", sa.String(length=16)))
    with op.batch_alter_table("connection_test") as test:
        test.add_column(sa.Column("asked_from", sa.String()))
    # Whoever came first set the installation up.
    _add("user_account", sa.Column("owns_instance", sa.Boolean()), "id = (SELECT min(id) FROM user_account)")
    _add("user_session", sa.Column("proved_at", sa.DateTime(timezone=True)), "created_at")
    # A test that is under way meanwhile will not know its message again, and says that none arrived.
    _add("connection_test", sa.Column("signature", sa.String(length=32)), "''")
    # Names of folders are read from the server when somebody needs them.
    for table in ("mail_server", "connection_test"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("folders")
    _rotations()
    _invitations()
    _audit()


def _add(table, column, value):
    """Add a column that every row has, filled with an SQL expression where there are rows."""
    with op.batch_alter_table(table) as changed:
        changed.add_column(column)
    op.execute(f"UPDATE {table} SET {column.name} = {value}")  # noqa: S608 - all three are written here
    with op.batch_alter_table(table) as changed:
        changed.alter_column(column.name, existing_type=column.type, nullable=False)


def _rotations():
    op.create_table(
        "key_rotation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.Integer()),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("keys_destroyed", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String()),
        sa.Column("owner", sa.String(length=32)),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name="fk_key_rotation_asked_by", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_key_rotation_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_key_rotation"),
    )
    op.create_index("ix_key_rotation_workspace_id", "key_rotation", ["workspace_id"])
    op.create_index(
        "uq_key_rotation_unfinished",
        "key_rotation",
        ["workspace_id"],
        unique=True,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def _invitations():
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("invited_by", sa.Integer()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'operator', 'viewer')", name=op.f("ck_invitation_role")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["user_account.id"], name="fk_invitation_invited_by", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_invitation_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("token_hash", name="uq_invitation_token_hash"),
    )
    op.create_index("ix_invitation_workspace_id", "invitation", ["workspace_id"])


def _audit():
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("actor", sa.String()),
        sa.Column("address", sa.String()),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("object_kind", sa.String(length=40)),
        sa.Column("object_id", sa.String(length=64)),
        sa.Column("object_name", sa.String()),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_audit_event_user_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name="fk_audit_event_workspace_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
    )
    op.create_index("ix_audit_event_user_id", "audit_event", ["user_id"])
    op.create_index("ix_audit_event_workspace_id", "audit_event", ["workspace_id"])


def downgrade():
    for table in ("mail_server", "connection_test"):
        _add(table, sa.Column("folders", sa.JSON()), "'[]'")
    for table in ("audit_event", "invitation", "key_rotation"):
        op.drop_table(table)
    with op.batch_alter_table("connection_test") as test:
        test.drop_column("signature")
    with op.batch_alter_table("user_session") as session:
        session.drop_column("proved_at")
    with op.batch_alter_table("user_account") as user:
        user.drop_column("owns_instance")
    with op.batch_alter_table("connection_test") as test:
        test.drop_column("asked_from")
    with op.batch_alter_table("workspace_key") as key:
        key.drop_column("wrapped_by")
    with op.batch_alter_table("workspace") as workspace:
        workspace.drop_constraint(op.f("ck_workspace_account_limit"), type_="check")
        workspace.drop_constraint(op.f("ck_workspace_rotation_days"), type_="check")
        workspace.drop_column("account_limit")
        workspace.drop_column("rotation_days")
