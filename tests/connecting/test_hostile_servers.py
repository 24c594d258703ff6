"""Servers that break off, talk nonsense or give things away: named for what they are, and nothing saved."""

import pytest

from tests.connecting.canary import CANARY
from tests.connecting.legs import BOTH_LEGS, LEG
from tests.servers import faults
from tests.servers.faults import ScriptedImap, ScriptedSmtp

pytestmark = [
    pytest.mark.claim("C20", partly=True),
    pytest.mark.claim("C22"),
    pytest.mark.claim("C23"),
]


@pytest.mark.parametrize(
    ("kind", "command", "step"),
    [
        ("smtp", "GREETING", "Connecting"),
        ("smtp", "EHLO", "Connecting"),
        ("smtp", "AUTH", "Signing in"),
        ("smtp", "MAIL", "Handing the test message over"),
        ("smtp", "RCPT", "Handing the test message over"),
        ("smtp", "DATA", "Handing the test message over"),
        ("smtp", "MESSAGE", "Handing the test message over"),
        ("imap", "GREETING", "Connecting"),
        ("imap", "CAPABILITY", "Connecting"),
        ("imap", "LOGIN", "Signing in"),
        ("imap", "SELECT", "Opening the folder"),
        ("imap", "SEARCH", "Waiting for the reply"),
    ],
)
def test_server_that_closes_mid_dialogue_is_named_at_its_step(fails_at, kind, command, step):
    with faults.closing_at(kind, command) as server:
        page = fails_at(kind, server.port, title="Connection closed", step=step)

    assert f"127.0.0.1:{server.port} closed the connection in the middle of the conversation." in page
    assert "Test again" in page.fixes.values()


@BOTH_LEGS
def test_server_that_turns_us_away_is_quoted_safely(fails_at, kind):
    words = {
        "smtp": b"554 5.7.1 <b>You</b> are on \x1b[31ma list\xe2\x80\xae",
        "imap": b"* BYE <b>You</b> are on \x1b[31ma list\xe2\x80\xae",
    }
    with faults.scripted(kind, {"GREETING": words[kind]}) as server:
        page = fails_at(kind, server.port, title="Server turned us away", step="Connecting")

    assert "<b>You</b> are on [31ma list" in page
    assert "\x1b" not in page.html
    assert "<b>" not in page.html
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.html


@BOTH_LEGS
def test_something_that_is_no_mail_server_is_recognised(fails_at, kind):
    with faults.scripted(kind, {"GREETING": b"HTTP/1.1 400 Bad Request"}) as server:
        page = fails_at(kind, server.port, title="Not the answer of a mail server", step="Connecting")

    assert "HTTP/1.1 400 Bad Request" in page


@BOTH_LEGS
@pytest.mark.parametrize("flood", [faults.endless_line, faults.endless_reply])
def test_server_that_floods_is_cut_off(fails, kind, flood):
    with flood(kind) as server:
        page = fails(**{f"{kind}_port": server.port, f"{kind}_security": "none"})

    assert f"{LEG[kind]}: Not the answer of a mail server" in page


def test_password_in_the_servers_own_words_is_struck_out(fails_at, last_test):
    echo = b"535 5.7.8 Bad password: "
    with ScriptedSmtp({"AUTH": echo + CANARY.encode()}) as server:
        page = fails_at("smtp", server.port, title="Authentication failed", step="Signing in")

    assert "Bad password: ••••" in page
    assert "••••" in last_test().dialogue


def test_sign_in_switched_off_is_not_tried(fails_at):
    with faults.login_disabled() as server:
        fails_at("imap", server.port, title="Sign-in switched off", step="Signing in")

    assert not any(b"LOGIN" in line.split(b" ")[1:2] for line in server.received)


def test_greeting_that_skips_the_sign_in_proves_nothing(fails_at):
    with ScriptedImap({"GREETING": b"* PREAUTH welcome back"}) as server:
        fails_at("imap", server.port, title="Sign-in not checked", step="Connecting")
