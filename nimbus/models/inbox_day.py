"""How much of a day's budget an inbox has used. A new date is a new row; nothing is ever reset."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account


class InboxDay(OfWorkspace, Base):
    """One inbox on one calendar day of the workspace's zone. `sends_today` is `sent` plus `reserved`."""

    __tablename__ = "inbox_day"
    __table_args__ = (goes_with_account(),)

    account_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    sent: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
