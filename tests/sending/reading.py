"""Looking at a send."""

from nimbus.extensions import db
from nimbus.models import Send


def found(send_id: int) -> Send:
    """A send as the database has it now, free of any session."""
    db.session.rollback()
    send = db.session.get_one(Send, send_id, populate_existing=True)
    db.session.expunge(send)
    db.session.remove()
    return send
