"""Facts about this installation as a whole, by name."""

from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base

SETUP_CODE_HASH = "setup_code_hash"
KEY_CANARY = "key_canary"  # what it holds: security/canary.py
INTERNAL_ADDRESS = "internal_address"  # the id of an account: services/internal_address.py
LIVE_AT = "live_at:"  # begins the names of the confirmed places: services/live_place.py


class InstanceFact(Base):
    """One named fact of the installation, such as the hash of the set-up code. Belongs to no workspace."""

    __tablename__ = "instance_fact"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
