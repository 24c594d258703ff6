"""The states of a send, and what each moment of its life is called. The smallest machine that loses and doubles nothing.

queued → claimed → in_data → sent, failed or ambiguous. A claim whose lease ends goes back to queued: no body has
left. From in_data nothing is ever tried again by a machine, unless the server itself said that it did not take the
message (a 4xx answer to the final dot).
"""

from datetime import datetime, timedelta
from enum import StrEnum


class SendState(StrEnum):
    """Where a send is."""

    QUEUED = "queued"
    CLAIMED = "claimed"  # a worker has it, and its place in the budget is taken
    IN_DATA = "in_data"  # the body may have left from here on
    SENT = "sent"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"  # it may have been sent; evidence or a person decides


class SendKind(StrEnum):
    """Why a message is sent. What a person writes is not stopped by the daily limit, only by the provider's ceiling."""

    TEST = "test"  # to oneself, from the account's page
    MANUAL = "manual"
    CAMPAIGN = "campaign"
    WARMUP = "warmup"


HELD = frozenset({SendState.CLAIMED, SendState.IN_DATA})  # a worker holds it
DONE = frozenset({SendState.SENT, SendState.FAILED})
BY_A_PERSON = frozenset({SendKind.TEST, SendKind.MANUAL})

LEASE = timedelta(seconds=60)  # a worker renews it every ten seconds, however long a server takes
BEAT = timedelta(seconds=10)
GIVEN_UP_AFTER = timedelta(hours=72)  # `deliverability.md` 11.2: expired
LOOK_FOR_COPY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))


def is_orphaned(state: SendState, lease_until: datetime | None, now: datetime) -> bool:
    """Whether the worker that held a send is gone."""
    return state in HELD and (lease_until is None or lease_until < now)
