"""Lines of a send's timeline, as its page shows them."""

from nimbus.clock import now
from nimbus.rules.send_state import SendState


def line_now(state: SendState, sentence: str, server_line: str = "") -> list[str]:
    """What has just happened: the moment, the state it led to, a sentence, and the server's own words if it spoke."""
    return [now().isoformat(timespec="milliseconds"), state, sentence, server_line]
