"""Jobs about sends: each loads by id, calls one service, and is harmless when repeated."""

import pytest
import sqlalchemy as sa

from jobs import sends
from nimbus.database import transaction
from nimbus.models import MailServer, Send
from tests.factories import make_workspace
from tests.sending.reading import found
from tests.servers.faults import ScriptedSmtp
from tests.services.posting import make_inbox, queue

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def acme(context):
    return make_workspace("Acme")


@pytest.fixture
def smtp():
    with ScriptedSmtp({}) as server:
        yield server


def messages(smtp):
    return [said for said in smtp.received if b"X-NimbusOS-Send" in said]


def test_serve_sends_what_is_due_at_that_inbox_and_no_other_once(acme, smtp):
    inbox, other = (make_inbox(acme, smtp.port, f"{name}@acme.test") for name in ("ava", "eve"))
    due, elsewhere = queue(acme, inbox), queue(acme, other)

    sends.serve(make_workspace("Zenith"), inbox)
    assert messages(smtp) == []
    sends.serve(acme, inbox)
    sends.serve(acme, inbox)

    assert (found(due).state, found(elsewhere).state) == ("sent", "queued")
    assert len(messages(smtp)) == 1


@pytest.mark.parametrize(("state", "copy_state"), [("queued", None), ("sent", "kept"), ("failed", None)])
def test_looks_and_copies_leave_a_message_alone_that_is_not_their_turn(acme, smtp, state, copy_state):
    inbox = make_inbox(acme, smtp.port)
    send_id = queue(acme, inbox)
    with transaction() as session:
        session.execute(
            sa.update(Send).values(state=state, copy_state=copy_state, message_id="<1@acme.test>")
        )

    sends.look(acme, send_id)
    sends.look(acme, 999_999)
    sends.keep_copies(acme, inbox)
    sends.keep_copies(acme, 999_999)

    assert (found(send_id).state, found(send_id).looks) == (state, 0)


def test_a_look_at_an_inbox_without_a_server_decides_nothing(acme, smtp, clock):
    inbox = make_inbox(acme, smtp.port)
    send_id = queue(acme, inbox)
    with transaction() as session:
        doubt = {"state": "ambiguous", "message_id": "<1@acme.test>", "next_look_at": clock.now()}
        session.execute(sa.update(Send).values(doubt | {"dated_at": clock.now()}))
        session.execute(sa.delete(MailServer))

    sends.look(acme, send_id)
    sends.look(acme, send_id)

    assert (found(send_id).state, found(send_id).looks) == ("ambiguous", 1)
