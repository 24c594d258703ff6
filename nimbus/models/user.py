"""People, what they may do in a workspace, and where they are signed in."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, one_of
from nimbus.rules.roles import Role


class User(Base):
    """A person who signs in, in any number of workspaces. `email` is kept in lower case.

    `owns_instance`: runs this installation, and so sees what all workspaces share.
    """

    __tablename__ = "user_account"  # "user" is a reserved word in SQL

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    owns_instance: Mapped[bool] = mapped_column(default=False)


class Membership(OfWorkspace, Base):
    """That a person belongs to a workspace, and as what."""

    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "user_id"), one_of("role", Role))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]


class UserSession(OfWorkspace, Base):
    """One browser that is signed in. The cookie holds a token; only its hash is kept here.

    `workspace_id` is the workspace that is open in it; `proved_at` is when the person last typed the password.
    """

    __tablename__ = "user_session"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    address: Mapped[str]
    browser: Mapped[str] = mapped_column(sa.String(200))
