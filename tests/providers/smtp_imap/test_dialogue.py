"""The dialogue shown to a host's support: timed, short, and without credentials in any form."""

import base64

import pytest

from nimbus.providers.contract import Secret
from nimbus.providers.smtp_imap.dialogue import Dialogue, base64_of

PASSWORD = 'Pä"ss\\word'


@pytest.fixture
def dialogue() -> Dialogue:
    made = Dialogue()
    made.hide("ann", Secret(PASSWORD))
    return made


def test_lines_carry_seconds_since_the_start_and_who_spoke() -> None:
    now = iter([100.0, 100.25, 101.5])
    dialogue = Dialogue(clock=lambda: next(now))

    dialogue.server(b"220 mail.test ESMTP\r\n")
    dialogue.client(b"ehlo [127.0.0.1]\r\n")

    assert dialogue.text() == "    0.250 S: 220 mail.test ESMTP\n    1.500 C: ehlo [127.0.0.1]"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (f"AUTH PLAIN {base64_of('x')}", "C: AUTH PLAIN ••••"),
        ("auth login", "C: auth login ••••"),
        (base64_of("anything"), "C: ••••"),
        ("A1 AUTHENTICATE PLAIN eHh4", "C: A1 AUTHENTICATE PLAIN ••••"),
        ('A1 LOGIN "ann" "x"', "C: A1 LOGIN ••••"),
    ],
)
def test_only_the_command_is_kept_while_signing_in(sent: str, shown: str) -> None:
    dialogue = Dialogue()

    dialogue.client(sent.encode() + b"\r\n", signing_in=True)

    assert dialogue.text().endswith(shown)


@pytest.mark.parametrize(
    "echo",
    [
        PASSWORD,
        'Pä\\"ss\\\\word',
        base64_of(PASSWORD),
        base64_of(f"\0ann\0{PASSWORD}"),
    ],
)
def test_password_echoed_by_the_server_is_struck_out(dialogue: Dialogue, echo: str) -> None:
    dialogue.server(f"535 you said {echo}!\r\n".encode())

    assert dialogue.text().endswith("S: 535 you said ••••!")


def test_long_line_is_cut() -> None:
    dialogue = Dialogue()

    dialogue.server(b"x" * 10_000)

    assert len(dialogue.text()) < 320


def test_whole_stays_under_48_kib_and_keeps_both_ends() -> None:
    dialogue = Dialogue()
    dialogue.note("the beginning")
    for number in range(5000):
        dialogue.server(f"* {number} {'ü' * 100}\r\n".encode())
    dialogue.note("the end")

    text = dialogue.text()
    assert len(text.encode()) <= 48 * 1024
    assert "the beginning" in text
    assert "the end" in text
    assert "lines left out" in text


def test_base64_is_utf_8_on_one_line() -> None:
    assert base64.b64decode(base64_of("é" * 500)).decode() == "é" * 500
    assert "\n" not in base64_of("é" * 500)
