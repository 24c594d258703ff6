"""People, what they may do in a workspace, and where they are signed in."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from nimbus.models.base import Base, OfWorkspace, one_of
from nimbus.models.workspace import Workspace


class Role(StrEnum):
    """What a person may do in a workspace, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"


class User(Base):
    """A person who signs in, in any number of workspaces. `email` is kept in lower case."""

    __tablename__ = "user_account"  # "user" is a reserved word in SQL

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class Membership(OfWorkspace, Base):
    """That a person belongs to a workspace, and as what."""

    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "user_id"), one_of("role", Role))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]


class UserSession(OfWorkspace, Base):
    """One browser that is signed in. The cookie holds a token; only its hash is kept here."""

    __tablename__ = "user_session"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str]
    browser: Mapped[str] = mapped_column(sa.String(200))

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    workspace: Mapped[Workspace] = relationship(lazy="joined", innerjoin=True)
