"""Every way out behind one face: a sender for Ann, faults at her provider, and what has arrived with Bob."""

from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from nimbus.providers import oauth
from nimbus.providers.smtp_imap.delivery import Patience, open_sender
from nimbus.rules.providers import Provider
from nimbus.sandbox.world import System
from tests.providers.api_posting import NOW, WAYS
from tests.providers.signing_in import app_at, hosts_of, sign_in
from tests.providers.smtp_imap.mailbox import Mailbox
from tests.servers.scripted import HangUp
from tests.servers.sink import Point, Sink, accepted

ANN, BOB, NOBODY = "ann@alpha.test", "bob@beta.test", "never@alpha.test"


class ApiWay:
    """Gmail or Graph, as the practice world plays them."""

    def __init__(self, provider, sandbox):
        self._provider, self._sandbox = provider, sandbox
        system = System.GOOGLE if provider is Provider.GMAIL else System.MICROSOFT
        self.ann = sandbox.world.add(ANN, name="Ann", system=system)
        self._bob = sandbox.world.add(BOB, name="Bob", system=System.MAIL)
        self.tokens = sign_in(sandbox, provider, ANN)
        self._hosts = hosts_of(sandbox)
        self._since = sandbox.world.clock.now() - timedelta(minutes=1)
        self._breaks = {
            "sign in": lambda: self.ann.faults.set("revoked"),
            "cut": lambda: self.ann.faults.set("cut_after_acceptance"),
            "silence": self._be_silent,
            "away": self._be_away,
        }

    def access(self, fresh):
        """What the product would do: the token it has, or a refreshed one."""
        if fresh:
            self.tokens = oauth.refresh(
                self._hosts, app_at(self._sandbox, self._provider), self.tokens.refresh
            )
        return self.tokens.access

    def opened(self):
        return WAYS[self._provider].open_sender(self._hosts, self.access, lambda: NOW)

    def breaks(self, what):
        self._breaks[what]()

    def post_unacceptable(self, sender):
        """Something that the provider never takes: more than it carries in one call."""
        too_long = b"Subject: A long one\r\n\r\n" + b"x" * (WAYS[self._provider].MOST_BYTES)
        sender.send(too_long, sender=ANN, recipient=BOB, before_body=lambda: True)

    def secrets(self):
        app = app_at(self._sandbox, self._provider)
        return [each.reveal() for each in (self.tokens.access, self.tokens.refresh, app.client_secret)]

    def copies(self, message_id):
        return [stored.raw for stored in self._bob.messages if stored.message_id == message_id]

    def find(self, message_id, mark):
        return WAYS[self._provider].find_copy(
            self._hosts, self.access, message_id, mark=mark, since=self._since
        )

    def message_id_of(self, provider_id):
        return WAYS[self._provider].sent_message_id(self._hosts, self.access, provider_id)

    def _be_silent(self):
        self._hosts = hosts_of(self._sandbox, send_seconds=0.5)
        self.ann.faults.set("hang")

    def _be_away(self):
        nowhere = "http://127.0.0.1:9"
        self._hosts = hosts_of(self._sandbox, gmail_api_base=nowhere, ms_graph_base=nowhere)


class SmtpWay:
    """A mail server of the real kind, and where one has to misbehave, the sink, which keeps a log of its own."""

    def __init__(self, mail_stack, sink):
        self._real, self._sink, self._is_real = mail_stack, sink, True
        self._mailbox = Mailbox(str(mail_stack.ca_file), password="correct horse")
        self._patience = Patience(answer=15, verdict=15)
        self._port = mail_stack.smtp_plain

    @contextmanager
    def opened(self):
        with open_sender(
            self._mailbox.login(self._port, "none"), self._mailbox.network, self._patience
        ) as sender:
            yield sender

    def breaks(self, what):
        if what == "sign in":
            self._mailbox.password = "wrong horse"
        elif what == "away":
            self._port = 9
        else:
            self._is_real, self._port = False, self._sink.port
            self._patience = Patience(answer=5, verdict=0.5)
            self._sink.whim = _cut if what == "cut" else _stay_silent

    def post_unacceptable(self, sender):
        """Something that the server never takes: an address that it does not know."""
        sender.send(
            b"Subject: To nobody\r\n\r\nHello\r\n", sender=ANN, recipient=NOBODY, before_body=lambda: True
        )

    def secrets(self):
        return [self._mailbox.password]

    def copies(self, message_id):
        if not self._is_real:
            return [line for line in accepted(self._sink.log) if line.message_id == message_id]
        found = self._real.messages(BOB)
        return [message.as_bytes() for message in found if message["Message-ID"] == message_id]


def new_sink(directory: Path) -> Sink:
    return Sink(directory / "sink.log", durable=False)


def _cut(point, visit):
    if point is Point.TAKEN:
        raise HangUp


def _stay_silent(point, visit):
    if point is Point.BODY:
        visit.hang()
