"""What is heard of an inbox's mail, and what an answer to a message adds to that."""

from enum import StrEnum

from nimbus.rules.outcomes import Stream
from nimbus.rules.send_answer_kinds import Category
from nimbus.rules.send_state import SendKind, SendState


class EventKind(StrEnum):
    """Kept for ever: the values never change."""

    SENT = "sent"  # settled: taken by the receiving side, refused by it for good, or in doubt
    SOFT = "soft"  # an attempt that may go well later
    PERMANENT = "permanent"  # refused for good by the receiving side
    COMPLAINT = "complaint"
    PLACED_INBOX = "placed_inbox"
    PLACED_SPAM = "placed_spam"
    CONNECTION = "connection"  # its server could not be used
    THROTTLE = "throttle"
    BLOCK = "block"  # refused for its reputation
    PROVIDER_LIMIT = "provider_limit"


ATTEMPTS = frozenset({EventKind.SOFT, EventKind.CONNECTION, EventKind.THROTTLE, EventKind.PROVIDER_LIMIT})
_STREAMS = {
    SendKind.CAMPAIGN: Stream.PRODUCTION,
    SendKind.MANUAL: Stream.PRODUCTION,
    SendKind.WARMUP: Stream.WARMUP,
}
REFUSED_FOR_GOOD = frozenset(
    {
        Category.HARD_INVALID,
        Category.HARD_DOMAIN,
        Category.BLOCK_REPUTATION,
        Category.BLOCK_CONTENT,
        Category.BLOCK_POLICY,
        Category.BLOCK_AUTH,
        Category.UNKNOWN,
    }
)
# Faults of ours, as a size or an app, say nothing of an inbox.
_FOR_NOW = {
    Category.SOFT_FULL: EventKind.SOFT,
    Category.SOFT_TEMP: EventKind.SOFT,
    Category.EXPIRED: EventKind.SOFT,
    Category.AUTH_LOGIN: EventKind.SOFT,
    Category.SIGN_IN_LOST: EventKind.SOFT,
    Category.SUSPENDED: EventKind.SOFT,
    Category.MAILBOX_FULL: EventKind.SOFT,
    Category.CONNECTION: EventKind.CONNECTION,
    Category.THROTTLE: EventKind.THROTTLE,
    Category.PROVIDER_LIMIT: EventKind.PROVIDER_LIMIT,
}


def stream_of(kind: SendKind) -> Stream | None:
    """Which mail a message counts among; None for a test, which counts in no rate."""
    return _STREAMS.get(kind)


def heard(state: SendState, category: Category | None) -> tuple[EventKind, ...]:
    """What a verdict about a message adds to what is known of its inbox, in the order in which it is counted."""
    if state in {SendState.SENT, SendState.AMBIGUOUS}:
        return (EventKind.SENT,)
    if category in REFUSED_FOR_GOOD:
        block = (EventKind.BLOCK,) if category is Category.BLOCK_REPUTATION else ()
        return (EventKind.SENT, EventKind.PERMANENT, *block)
    return (_FOR_NOW[category],) if category in _FOR_NOW else ()
