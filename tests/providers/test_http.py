"""Calls over the web: bounded in time and size, made once, followed nowhere, and silent about what they carried."""

import gzip
import os
import threading
import traceback

import pytest

from nimbus.providers import http
from nimbus.providers.contract import Secret
from nimbus.providers.errors import StoppedBeforeBody
from nimbus.providers.http import Ask, NoAnswer, ask
from tests.providers.scripted_http import ScriptedHttp, answered, drip, hang_up, hosts, stay_silent
from tests.servers.certificates import Authority

CANARY = "canary-token-7"


def fails(server, request=None, *, before_body=None, **changed):
    """The failure of a call, after a search for its secret in all that it leaves."""
    request = request or Ask(url=f"{server.url}/x?{CANARY}", token=Secret(CANARY), form={"secret": CANARY})
    with pytest.raises(NoAnswer) as caught:
        ask(server.hosts(**changed), request, before_body=before_body)
    error = caught.value
    left = "".join(traceback.format_exception(error)) + repr(error.__context__) + repr(request)
    assert CANARY not in left.replace(f"x?{CANARY}", "")
    return error


def test_an_answer_comes_whole_whatever_its_status():
    with ScriptedHttp(answered({"error": "x"}, 418, Retry_After="3")) as server:
        answer = ask(server.hosts(), Ask(url=f"{server.url}/a", params={"q": "b c"}, token=Secret("t")))

    assert (answer.status, answer.object(), answer.headers["retry-after"]) == (418, {"error": "x"}, "3")
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.query) == ("GET", "/a", {"q": "b c"})
    assert asked.headers["authorization"] == "Bearer t"


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'"x"', b"", b"\xff\xfe", b"[" * 100_000])
def test_an_answer_that_is_no_object_reads_as_none(body):
    with ScriptedHttp(answered(body)) as server:
        assert ask(server.hosts(), Ask(url=server.url)).object() is None


def test_one_connection_serves_the_calls_of_a_thread():
    with ScriptedHttp() as server:
        for _ in range(3):
            ask(server.hosts(), Ask(url=server.url))

    assert (len(server.asked), server.clients) == (3, 1)


def test_another_thread_and_another_process_have_connections_of_their_own():
    with ScriptedHttp() as server:
        given = server.hosts()
        ask(given, Ask(url=server.url))
        thread = threading.Thread(target=ask, args=(given, Ask(url=server.url)))
        thread.start()
        thread.join()
        child = os.fork()
        if not child:
            os._exit(0 if ask(given, Ask(url=server.url)).status == 200 else 1)
        assert os.waitpid(child, 0)[1] == 0
        ask(given, Ask(url=server.url))

    assert (len(server.asked), server.clients) == (4, 3)


def test_a_connection_that_was_idle_for_long_is_not_trusted_with_another_call(monkeypatch):
    with ScriptedHttp() as server:
        ask(server.hosts(), Ask(url=server.url))
        monkeypatch.setattr(http._line, "used_at", http._line.used_at - 60)
        ask(server.hosts(), Ask(url=server.url))

    assert server.clients == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_that_was_cut_off_is_not_repeated(method):
    with ScriptedHttp(hang_up) as server:
        error = fails(server, Ask(method=method, url=server.url))

    assert len(server.asked) == 1
    assert (error.may_have_arrived, error.timed_out) == (True, False)


def test_a_redirect_is_an_answer_and_not_followed():
    with (
        ScriptedHttp() as elsewhere,
        ScriptedHttp(answered({}, 307, Location="http://127.0.0.1:9/")) as server,
    ):
        answer = ask(server.hosts(), Ask(url=server.url, token=Secret("t")))

    assert (answer.status, elsewhere.asked) == (307, [])


@pytest.mark.parametrize("slow", [stay_silent, drip])
def test_a_server_that_is_silent_or_drips_costs_the_budget_and_no_more(slow):
    with ScriptedHttp(slow) as server:
        error = fails(server, call_seconds=0.4)

    assert (error.may_have_arrived, error.timed_out) == (True, True)


def test_a_body_that_drips_is_over_with_the_budget_too():
    def drip_body(connection):
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not connection.stopping.wait(0.05):
            connection.send(b"x")

    with ScriptedHttp(drip_body) as server:
        assert fails(server, call_seconds=0.4).timed_out


def test_a_call_with_a_message_has_the_longer_budget():
    with ScriptedHttp(stay_silent) as server:
        error = fails(server, call_seconds=60.0, send_seconds=0.3, before_body=lambda: True)

    assert error.timed_out


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_of_more_than_five_megabytes_is_none(packed):
    body = b"[" + b"1," * (3 * 1024 * 1024) + b"1]"
    answer = answered(gzip.compress(body), Content_Encoding="gzip") if packed else answered(body)
    with ScriptedHttp(answer) as server:
        assert not fails(server).timed_out


@pytest.mark.parametrize(
    "answer", [b"\x00\xff nonsense\r\n\r\n", answered(b"not gzip", Content_Encoding="gzip")]
)
def test_what_is_no_answer_raises_nothing_of_a_library(answer):
    with ScriptedHttp(answer) as server:
        assert fails(server).may_have_arrived


def test_where_nobody_listens_nothing_has_left():
    with ScriptedHttp() as server:
        closed = server.hosts()
    asked = []

    with pytest.raises(NoAnswer) as caught:
        ask(
            closed,
            Ask(method="POST", url=closed.gmail_api_base, body=b"x"),
            before_body=lambda: bool(asked.append(1)),
        )

    assert (caught.value.may_have_arrived, asked) == (False, [])


def test_whoever_sends_is_asked_once_connected_and_nothing_leaves_on_a_no():
    with ScriptedHttp() as server:
        with pytest.raises(StoppedBeforeBody):
            ask(server.hosts(), Ask(method="POST", url=server.url, body=b"x"), before_body=lambda: False)
        ask(server.hosts(), Ask(url=server.url))

    assert [asked.method for asked in server.asked] == ["GET"]


def test_no_cookie_proxy_or_password_file_gets_into_a_call(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ann password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with ScriptedHttp(answered({}, Set_Cookie="whose=ann; Path=/")) as server:
        ask(server.hosts(), Ask(url=server.url, token=Secret("t")))
        ask(server.hosts(), Ask(url=server.url, token=Secret("t")))

    assert all(asked.headers["authorization"] == "Bearer t" for asked in server.asked)
    assert all("cookie" not in asked.headers for asked in server.asked)


@pytest.fixture(scope="module")
def authority():
    return Authority()


def test_encryption_is_verified_by_the_operators_authority(authority, tmp_path):
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority.pem)
    with ScriptedHttp(implicit_tls=authority.issue()) as server:
        url = f"https://localhost:{server.port}"
        answer = ask(hosts(url, ca_file=str(ca_file)), Ask(url=url))
        with pytest.raises(NoAnswer) as stranger:
            ask(hosts(url), Ask(url=url))

    assert answer.status == 200
    assert not stranger.value.may_have_arrived


def test_a_silent_handshake_is_over_with_the_budget_and_nothing_has_left():
    class Silent(ScriptedHttp):
        def converse(self, connection):
            stay_silent(connection)

    with Silent() as server:
        url = f"https://127.0.0.1:{server.port}"
        with pytest.raises(NoAnswer) as caught:
            ask(hosts(url, call_seconds=0.4), Ask(url=url))

    assert (caught.value.may_have_arrived, caught.value.timed_out) == (False, True)


@pytest.mark.parametrize(
    "url", ["http://no-such-host.invalid/", "http://[::1", "http://a b/", "http://127.1/"]
)
def test_an_address_that_leads_nowhere_is_no_answer(url):
    with pytest.raises(NoAnswer) as caught:
        ask(hosts(url), Ask(url=url))

    assert not caught.value.may_have_arrived
