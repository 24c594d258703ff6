"""Lines of a send's timeline, as its page shows them."""

from nimbus.clock import now
from nimbus.rules.mail_verdict import MailKind
from nimbus.rules.send_state import SendState


def line_now(what: SendState | MailKind, sentence: str, server_line: str = "") -> list[str]:
    """What has just happened: the moment, the state it led to or what came back, a sentence, and the server's own words."""
    return [now().isoformat(timespec="milliseconds"), what, sentence, server_line]
