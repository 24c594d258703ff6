"""What a server's answer does: to the message, and to its inbox."""

from contextlib import contextmanager
from datetime import timedelta

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, HealthEvent, InboxSender, MailServer, Suppression
from nimbus.services.cool_down import cool_until
from nimbus.services.send_messages import serve_inbox
from tests.factories import PASSWORD, reload
from tests.sending.reading import found
from tests.servers.faults import ScriptedSmtp, hang_up, say_and_hang_up
from tests.services.posting import make_inbox, queue, states


@pytest.fixture
def smtp():
    with ScriptedSmtp({}) as server:
        yield server


@pytest.fixture
def inbox(acme, smtp):
    return make_inbox(acme, smtp.port)


@pytest.fixture
def serve(acme, inbox, smtp):
    """Serve the inbox once against a server that gives these answers."""

    def run(**replies):
        smtp.replies.clear()
        smtp.replies.update({name: value for name, value in replies.items() if value})
        serve_inbox(acme, inbox)

    return run


@pytest.fixture
def meanwhile(app):
    """Change rows as somebody else would, from the thread of a server that is talked to."""

    @contextmanager
    def change():
        with app.app_context(), transaction() as session:
            yield session

    return change


def account(inbox):
    return reload(EmailAccountHealth, inbox)


def events():
    db.session.rollback()
    return [(event.kind, event.tone) for event in db.session.query(HealthEvent).order_by(HealthEvent.id)]


@pytest.mark.parametrize(
    ("point", "answer", "state", "category"),
    [
        ("GREETING", b"421 4.3.2 Too busy", "queued", "soft_temp"),
        ("GREETING", b"554 5.7.1 Go away", "queued", "connection"),
        ("GREETING", hang_up, "queued", "connection"),
        ("EHLO", b"550 5.7.1 I do not talk to you", "queued", "connection"),
        ("EHLO", hang_up, "queued", "connection"),
        ("AUTH", b"535 5.7.8 Wrong password", "queued", "auth_login"),
        ("AUTH", hang_up, "queued", "connection"),
        ("MAIL", b"451 4.3.0 Later", "queued", "soft_temp"),
        ("MAIL", hang_up, "queued", "connection"),
        ("RCPT", b"450 4.2.0 Greylisted", "queued", "soft_temp"),
        ("RCPT", b"452 4.2.2 Mailbox full", "queued", "soft_full"),
        ("RCPT", b"550 5.1.1 No such user", "failed", "hard_invalid"),
        ("RCPT", hang_up, "queued", "connection"),
        ("DATA", b"451 4.3.0 Later", "queued", "soft_temp"),
        ("DATA", hang_up, "queued", "connection"),
        ("MESSAGE", b"451 4.3.0 Later", "queued", "soft_temp"),
        ("MESSAGE", b"552 5.3.4 Too big", "failed", "size_or_format"),
        ("MESSAGE", say_and_hang_up(b"421 4.3.2 Closing"), "queued", "soft_temp"),
        ("MESSAGE", say_and_hang_up(b"250 2.0.0 Ok"), "sent", None),
        ("MESSAGE", hang_up, "ambiguous", None),
        ("MESSAGE", b"what?", "ambiguous", None),
    ],
)
def test_each_answer_at_each_point_leads_to_one_state(acme, inbox, serve, point, answer, state, category):
    send_id = queue(acme, inbox)

    serve(**{point: answer})

    send = found(send_id)
    assert (send.state, send.category, send.owner) == (state, category, None)
    assert state == "sent" or send.reason
    assert send.timeline[-1][1] == state
    assert (send.due_at > now()) == (state == "queued")


def test_an_answer_that_is_about_one_message_lets_the_next_ones_leave(acme, inbox, serve):
    ids = [queue(acme, inbox, recipient=f"{name}@example.org") for name in ("ann", "bo", "cy")]

    serve(MAIL=b"451 4.3.0 Later")

    assert states(*ids) == ["queued"] * 3
    assert [found(send_id).attempts for send_id in ids] == [1, 1, 1]


def test_a_server_that_cannot_be_used_is_left_alone_for_a_minute(acme, inbox, serve, smtp, clock):
    ids = [queue(acme, inbox) for _ in range(2)]

    serve(GREETING=b"421 4.3.2 Too busy")
    serve()
    assert [found(send_id).attempts for send_id in ids] == [1, 0]
    assert timedelta(seconds=55) < reload(InboxSender, inbox).next_slot_at - now() <= timedelta(seconds=60)

    clock.advance(seconds=61)
    serve()
    assert states(*ids) == ["queued", "sent"]


def test_a_server_that_leaves_one_message_in_doubt_does_not_get_the_next_at_once(acme, inbox, serve, clock):
    ids = [queue(acme, inbox) for _ in range(2)]

    serve(MESSAGE=hang_up)
    serve()

    assert states(*ids) == ["ambiguous", "queued"]
    doubt = found(ids[0])
    assert timedelta(seconds=55) < doubt.next_look_at - now() <= timedelta(seconds=60)
    clock.advance(seconds=61)
    serve()
    assert states(*ids) == ["ambiguous", "sent"]


def test_a_message_is_given_up_after_its_last_try(acme, inbox, serve, clock):
    send_id = queue(acme, inbox)

    for _ in range(5):
        serve(RCPT=b"450 4.2.0 Greylisted")
        clock.advance(hours=25)

    send = found(send_id)
    assert (send.state, send.category, send.server_line) == ("failed", "expired", "450 4.2.0 Greylisted")
    assert send.day is None


def test_an_address_that_does_not_exist_gets_nothing_more(acme, inbox, serve):
    first, second = (queue(acme, inbox) for _ in range(2))

    serve(RCPT=b"550 5.1.1 No such user")

    assert states(first, second) == ["failed", "failed"]
    assert found(second).category == "suppressed"
    [row] = db.session.query(Suppression)
    assert (row.email, row.reason, row.send_id) == ("bo@example.org", "hard_bounce", first)


def test_being_told_to_slow_down_makes_the_whole_inbox_wait(acme, inbox, serve, clock):
    first, second = (queue(acme, inbox) for _ in range(2))

    serve(MAIL=b"421 4.7.28 Our system has detected an unusual rate of mail")
    serve()

    assert timedelta(minutes=14) < account(inbox).cooldown_until - now() <= timedelta(minutes=15)
    assert [found(send_id).attempts for send_id in (first, second)] == [1, 0]
    assert "cools down until" in found(second).reason
    assert events() == [("cooldown", "warn")]
    clock.advance(minutes=16)
    serve()
    assert states(first, second) == ["sent", "sent"]


def test_a_new_reason_to_wait_never_shortens_the_clock(acme, asker, inbox, serve, app):
    later = now() + timedelta(hours=20)
    queue(acme, inbox)

    def cool_down_longer(connection):
        with app.app_context():
            cool_until(asker, inbox, later)
        connection.send(b"450 4.7.28 Slow down, unusual rate\r\n")

    serve(MAIL=cool_down_longer)

    assert account(inbox).cooldown_until == later


def test_an_inbox_that_its_provider_suspended_waits_for_a_person(acme, inbox, serve):
    first, second = (queue(acme, inbox) for _ in range(2))

    serve(MAIL=b"550 5.1.8 Access denied, bad outbound sender")
    serve()

    assert account(inbox).connection_state == "suspended"
    assert states(first, second) == ["queued", "queued"]
    assert found(second).reason == "ava@acme.test must be reconnected. The provider suspended this mailbox."
    assert events() == [("suspended", "bad")]


def test_a_policy_block_ends_the_message_and_is_noted_at_the_inbox(acme, inbox, serve):
    send_id = queue(acme, inbox)

    serve(MESSAGE=b"550 5.7.1 Message rejected due to the very low reputation of the sending IP")

    assert (found(send_id).state, found(send_id).category) == ("failed", "block_reputation")
    assert events() == [("block_reputation", "warn")]
    assert db.session.query(Suppression).all() == []


def test_the_third_refused_sign_in_in_a_row_marks_the_connection(acme, inbox, serve, clock):
    first, second = (queue(acme, inbox) for _ in range(2))
    wrong = {"AUTH": b"535 5.7.8 Wrong password"}
    for minutes in (0, 1, 5):
        assert account(inbox).connection_state == "ok"
        clock.advance(minutes=minutes, seconds=1)
        serve(**wrong)

    assert account(inbox).connection_state == "auth_failed"
    server = reload(MailServer, inbox, "smtp")
    assert (server.failure_code, events()) == ("auth_failed", [("sign_in_refused", "bad")])
    clock.advance(minutes=16)
    serve()
    assert states(first, second) == ["queued", "queued"]
    assert found(second).reason == "ava@acme.test must be reconnected. The server refused the password."


def test_a_sign_in_that_works_makes_those_before_it_forgotten(acme, inbox, serve, clock):
    ids = [queue(acme, inbox) for _ in range(2)]
    for minutes in (0, 1):
        clock.advance(minutes=minutes, seconds=1)
        serve(AUTH=b"535 5.7.8 Wrong password")
    assert reload(MailServer, inbox, "smtp").failure_detail == {"sign_in_refusals": 2}
    clock.advance(minutes=6)

    serve()

    assert "sent" in states(*ids)
    assert reload(MailServer, inbox, "smtp").failure_detail == {}
    assert account(inbox).connection_state == "ok"


def test_a_password_that_was_replaced_meanwhile_is_not_blamed(acme, inbox, serve, meanwhile):
    queue(acme, inbox)
    later = now() + timedelta(seconds=1)

    def reconnect(connection):
        with meanwhile() as session:
            session.get_one(MailServer, (inbox, "smtp")).checked_at = later
        connection.send(b"535 5.7.8 Wrong password\r\n")

    serve(AUTH=reconnect)

    assert reload(MailServer, inbox, "smtp").failure_detail == {}


def test_a_password_that_does_not_open_leaves_the_message_waiting_with_that_sentence(acme, inbox, serve):
    with transaction() as session:
        session.get_one(MailServer, (inbox, "smtp")).sealed_password = "nothing that opens"
    send_id = queue(acme, inbox)

    serve()

    send = found(send_id)
    assert send.state == "queued"
    assert send.reason.startswith("A stored password does not open with this workspace's key.")


def test_a_server_that_echoes_the_password_does_not_get_it_onto_a_page(acme, inbox, serve):
    ids = [queue(acme, inbox) for _ in range(2)]

    serve(AUTH=f"535 5.7.8 {PASSWORD} is wrong".encode())

    send = found(ids[0])
    assert send.server_line == "535 5.7.8 •••• is wrong"
    assert PASSWORD not in str(send.timeline)


def test_an_address_that_the_server_has_no_way_to_take_ends_with_a_sentence(acme, inbox, serve, smtp):
    send_id = queue(acme, inbox, recipient="bö@example.org")

    serve()

    send = found(send_id)
    assert (send.state, send.category) == ("failed", "bad_address")
    assert send.reason.startswith("127.0.0.1 cannot take mail for an address like bö@example.org.")
    assert not any(b"RCPT" in said for said in smtp.received)
