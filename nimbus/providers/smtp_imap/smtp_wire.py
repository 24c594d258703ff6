"""The standard library's SMTP client on our guarded socket: every reply checked, bounded, noted in the dialogue."""

import smtplib
from typing import Any

from nimbus.providers.smtp_imap.attempt import Attempt
from nimbus.providers.smtp_imap.replies import SMTP_LINE, NonsenseError, NotWelcomeError, ServerClosedError
from nimbus.rules.send_answer_kinds import Stage
from nimbus.security.outbound import GuardedSocket, GuardedTLSSocket

MAX_BYTES = 1024 * 1024  # received in one step
_MAX_LINE = 8192
_MAX_REPLY_LINES = 200
READY, _OK = 220, 250

Reply = tuple[int, bytes]


class Wire(smtplib.SMTP):
    """The library's client on our socket: every reply is checked, bounded and noted in the dialogue."""

    def __init__(self, plain: GuardedSocket, attempt: Attempt) -> None:
        own = plain.getsockname()[0]
        super().__init__(local_hostname=f"[IPv6:{own}]" if ":" in own else f"[{own}]")
        self.sock = self.plain = plain
        self.signing_in = False
        self._attempt = attempt

    def use(self, secured: GuardedTLSSocket) -> None:
        """Go on encrypted: forget what was said, and what was sent ahead, in clear text (RFC 3207)."""
        self.sock = secured
        self.file = None
        self.ehlo_resp = self.helo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def read_greeting(self) -> None:
        """The server's first line; raises NotWelcomeError if it turns us away."""
        self._attempt.stage = Stage.GREETING
        self._expect_welcome(READY, self.getreply())

    def introduce(self) -> None:
        """Say hello and learn what the server offers; raises NotWelcomeError if it turns us away."""
        self._attempt.stage = Stage.HELLO
        self._expect_welcome(_OK, self.ehlo())

    def _expect_welcome(self, code: int, reply: Reply) -> None:
        if reply[0] != code:
            raise NotWelcomeError(*reply)

    def expect(self, code: int, reply: Reply) -> None:
        """Fail the step unless the reply has exactly this code."""
        if reply[0] != code:
            raise smtplib.SMTPResponseException(*reply)

    def send(self, s: Any) -> None:
        data = s.encode("utf-8") if isinstance(s, str) else bytes(s)
        if isinstance(s, str):
            self._attempt.dialogue.client(data, signing_in=self.signing_in)
        else:
            self._attempt.dialogue.note(f"the message, {len(data)} bytes")
        if self.sock is None:
            raise ServerClosedError
        self.sock.sendall(data)

    def getreply(self) -> Reply:
        if self.file is None:
            assert self.sock is not None
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        while True:
            line = self.file.readline(_MAX_LINE + 1)
            self._attempt.dialogue.server(line)
            lines.append(line)
            if not line.endswith(b"\n") and len(line) <= _MAX_LINE:
                raise ServerClosedError
            self._attempt.heard = b"".join(lines)
            if not SMTP_LINE.fullmatch(line) or line[:3] != lines[0][:3] or len(lines) > _MAX_REPLY_LINES:
                raise NonsenseError
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(part[4:].strip() for part in lines)
