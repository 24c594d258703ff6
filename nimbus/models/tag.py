"""Tags on accounts, clients among them, and the views of the list that people saved."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account


class Tag(OfWorkspace, Base):
    """A word on accounts. A client is a tag too. `folded` is the name by which it is known, whatever its letters' case."""

    __tablename__ = "tag"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "folded"),
        sa.UniqueConstraint("workspace_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    folded: Mapped[str] = mapped_column(sa.String(120))  # folding can lengthen a name threefold
    is_client: Mapped[bool] = mapped_column(default=False)


class AccountTag(OfWorkspace, Base):
    """One tag on one account."""

    __tablename__ = "account_tag"
    __table_args__ = (
        goes_with_account(),
        sa.ForeignKeyConstraint(
            ["workspace_id", "tag_id"], ["tag.workspace_id", "tag.id"], ondelete="CASCADE"
        ),
        sa.Index("ix_account_tag_tag_id", "tag_id"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tag_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class SavedView(OfWorkspace, Base):
    """A view of the list that one person kept under a name. `query` is what stands behind the `?` of its address."""

    __tablename__ = "saved_view"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "user_id", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(40))
    folded: Mapped[str] = mapped_column(sa.String(120))
    query: Mapped[str] = mapped_column(sa.Text)
