"""A message as SMTP carries it: the commands that announce it, and its body with a final dot."""

import re
import smtplib
from typing import NamedTuple

from nimbus.providers.addresses import wire_address
from nimbus.providers.smtp_imap.smtp_wire import Wire
from nimbus.rules.send_answer_kinds import Stage

OK, GO_ON = range(200, 300), range(354, 355)
_BARE = re.compile(rb"\r\n|\r|\n")
_NOT_IN_A_PATH = re.compile(r"[\s<>\x00-\x1f\x7f]")


class Command(NamedTuple):
    """A line, what the server is due to answer with it, and the codes that let us go on."""

    stage: Stage
    line: str
    welcome: range = OK


class CannotBeTold(smtplib.SMTPNotSupportedError):
    """An address that is none, or that this server has no way to hear; `stage`: the command it belongs to."""

    def __init__(self, stage: Stage) -> None:
        super().__init__("The server cannot be told this address.")
        self.stage = stage


def envelope(wire: Wire, message: bytes, sender: str, recipient: str) -> list[Command]:
    """From whom, to whom, and that the body follows; raises CannotBeTold."""
    path_from, path_to = _path(sender, Stage.MAIL), _path(recipient, Stage.RCPT)
    options = f" SIZE={len(message)}" if wire.has_extn("size") else ""
    if not message.isascii() and wire.has_extn("8bitmime"):
        options += " BODY=8BITMIME"
    if not (path_from.isascii() and path_to.isascii()):
        if not wire.has_extn("smtputf8"):
            raise CannotBeTold(Stage.RCPT if path_from.isascii() else Stage.MAIL)
        options += " SMTPUTF8"
    return [
        Command(Stage.MAIL, f"MAIL FROM:<{path_from}>{options}\r\n"),
        Command(Stage.RCPT, f"RCPT TO:<{path_to}>\r\n"),
        Command(Stage.DATA, "DATA\r\n", GO_ON),
    ]


def _path(address: str, stage: Stage) -> str:
    try:
        path = wire_address(address)
    except ValueError:
        path = ""
    if "@" not in path or _NOT_IN_A_PATH.search(path):
        raise CannotBeTold(stage)
    return path


def with_dots(message: bytes) -> bytes:
    """The message as it travels: whole line ends only, a line's first dot doubled, the final dot behind it."""
    breaks = message.count(b"\r\n")
    if not breaks == message.count(b"\r") == message.count(b"\n"):
        message = _BARE.sub(b"\r\n", message)
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")
