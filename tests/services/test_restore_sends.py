"""A backup brought back sends nothing twice: what had not left when it was made may have left since."""

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import InboxDay, InboxSender, Send
from nimbus.services.backup import make_backup
from nimbus.services.live_place import confirm_here
from nimbus.services.resolve_send import resolve
from nimbus.services.restore import restore
from nimbus.services.send_ledger import begin_body, claim_next, mark_sent
from nimbus.services.send_messages import serve_inbox
from nimbus.services.sender_turn import take_turn
from tests.conftest import test_settings
from tests.sending.reading import found
from tests.services.posting import queue
from tests.services.restoring import Installation

MAY_HAVE_LEFT = "It had not left when the backup was made, and may have been sent since."


@pytest.fixture
def elsewhere(tmp_path, settings, database_url, request):
    """Another machine with a copy of the key file and a database of the same kind, empty."""
    environ = {"NIMBUS_KEY_FILE": str(settings.key_file), "REDIS_URL": settings.redis_url}
    if database_url:
        environ["DATABASE_URL"] = request.getfixturevalue("postgres").create_database()
    return Installation(test_settings(tmp_path / "elsewhere", **environ))


@pytest.fixture
def restored(sends, tmp_path, elsewhere):
    """The backup of all of them, brought back elsewhere; the block runs there."""
    make_backup(tmp_path / "backup")
    db.session.rollback()
    with elsewhere.bare():
        restore(tmp_path / "backup")
    with elsewhere.started():
        yield


@pytest.fixture
def sends(acme, ava):
    """One message in each state that a worker or the queue has, and one that was sent."""
    take_turn(acme, ava)
    sent, in_data, claimed, queued = (queue(acme, ava, subject=f"{number}") for number in range(4))
    mark = claim_next(acme, ava, "w")
    begin_body(mark, b"one")
    mark_sent(mark, "250 Ok")
    begin_body(claim_next(acme, ava, "w"), b"two")
    claim_next(acme, ava, "w")
    return {"sent": sent, "in_data": in_data, "claimed": claimed, "queued": queued}


@pytest.mark.usefixtures("restored")
def test_what_had_not_left_waits_for_a_person(acme, ava, asker, sends):
    confirm_here()
    serve_inbox(acme, ava)

    waiting = [found(sends[name]) for name in ("queued", "claimed", "in_data")]
    assert {send.state for send in waiting} == {"ambiguous"}
    assert {send.reason for send in waiting} == {send.timeline[-1][2] for send in waiting} == {MAY_HAVE_LEFT}
    assert {(send.owner, send.lease_until) for send in waiting} == {(None, None)}
    assert found(sends["sent"]).state == "sent"
    resolve(asker, sends["queued"], was_sent=False)
    assert found(sends["queued"]).state == "failed"


@pytest.mark.usefixtures("restored")
def test_what_was_under_way_counts_as_sent():
    assert db.session.execute(sa.select(InboxDay.sent, InboxDay.reserved)).one() == (3, 0)
    assert db.session.scalars(sa.select(InboxSender.owner)).one() is None


@pytest.mark.usefixtures("restored")
def test_only_what_came_near_a_server_is_looked_for(sends):
    looked_for = db.session.scalars(sa.select(Send.id).where(Send.next_look_at.is_not(None))).all()

    assert set(looked_for) == {sends["claimed"], sends["in_data"]}
