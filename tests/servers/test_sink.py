"""The sink is what sending is judged by, so it is judged itself: by a client that is not the product's."""

import smtplib
import socket
from contextlib import contextmanager, suppress

import pytest

from tests.servers.processes import wait_until
from tests.servers.sink import IN_DATA, Point, Sink, accepted

MESSAGE = (
    "X-NimbusOS-Send: 7.seal\r\nMessage-ID:\r\n <seven@acme.test>\r\nSubject: Hi\r\n\r\nMessage-ID: <no>\r\n"
)
ENDS = (smtplib.SMTPServerDisconnected, ConnectionError)


@pytest.fixture
def sink(tmp_path):
    with Sink(tmp_path / "log") as sink:
        yield sink


@contextmanager
def client_of(sink, seconds=5):
    client = smtplib.SMTP("127.0.0.1", sink.port, timeout=seconds)
    try:
        client.login("ava@acme.test", "any")
        yield client
    finally:
        client.close()


def send(client):
    return client.sendmail("ava@acme.test", ["bob@beta.test"], MESSAGE)


def at(chosen, deed):
    return lambda point, visit: deed(visit) if point == chosen else None


def test_each_message_is_in_the_log_once_with_who_it_was_from_and_for(sink):
    with client_of(sink) as client:
        send(client)
        send(client)

    first, second = accepted(sink.log)
    assert first[:4] == ("7.seal", "<seven@acme.test>", "ava@acme.test", "bob@beta.test")
    assert first[:4] == second[:4]
    assert first.at <= second.at


def test_message_is_in_the_log_before_the_client_is_told(sink):
    counted = []
    sink.whim = at(Point.TAKEN, lambda _visit: counted.append(len(accepted(sink.log))))

    with client_of(sink) as client:
        send(client)

    assert counted == [1]


@pytest.mark.parametrize(("point", "taken"), [(Point.BODY, 0), (Point.TAKEN, 1)])
@pytest.mark.parametrize("deed", ["hang", "close"])
def test_silence_after_the_dot_says_nothing_about_the_log(sink, point, taken, deed):
    sink.whim = at(point, lambda visit: getattr(visit, deed)())
    with client_of(sink, seconds=0.2) as client, pytest.raises((*ENDS, TimeoutError)):
        send(client)

    assert len(accepted(sink.log)) == taken


@pytest.mark.parametrize("point", [Point.MAIL, Point.RCPT, Point.DATA, Point.BODY])
def test_refused_message_is_not_taken_and_the_next_one_is(sink, point):
    refusals = [b"451 4.3.0 Later"]
    sink.whim = at(point, lambda _visit: refusals.pop() if refusals else None)
    with client_of(sink) as client:
        with pytest.raises((smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)):
            send(client)
        assert accepted(sink.log) == []

        send(client)

    assert len(accepted(sink.log)) == 1


@pytest.mark.parametrize("point", [Point.GREETING, Point.EHLO, Point.AUTH])
def test_client_can_be_left_at_the_door(sink, point):
    sink.whim = at(point, lambda visit: visit.close())
    with pytest.raises((*ENDS, smtplib.SMTPException)), client_of(sink):
        pass

    assert sink.seen[point] == 1


@pytest.mark.parametrize("point", list(Point))
def test_connection_that_ended_while_its_message_was_in_doubt_is_counted(sink, point):
    sink.whim = at(point, lambda visit: visit.close())
    with suppress(*ENDS, smtplib.SMTPException), client_of(sink) as client:
        send(client)

    wait_until(lambda: sink.ended == 1, within=5, what="the end of the connection")
    assert sink.cuts == (point in IN_DATA)


def test_client_that_pipelines_is_answered_in_order(sink):
    with socket.create_connection(("127.0.0.1", sink.port), timeout=5) as raw, raw.makefile("rb") as lines:
        raw.sendall(b"EHLO here\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n")
        answers = [lines.readline()[:4] for _ in range(9)]
        raw.sendall(MESSAGE.encode() + b".\r\nQUIT\r\n")
        answers += [lines.readline()[:4] for _ in range(2)]

    assert answers[0] == b"220 "
    assert answers[-5:] == [b"250 ", b"250 ", b"354 ", b"250 ", b"221 "]
    assert len(accepted(sink.log)) == 1
