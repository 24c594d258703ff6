"""What a connection test consists of: two legs, their steps in order, and how long each may take."""

from datetime import datetime, timedelta
from enum import StrEnum

STEP_SECONDS = 15.0  # design: a step may take 15 s
REPLY_SECONDS = 90.0  # design: the wait for the test message to appear over IMAP
ABANDONED_AFTER = timedelta(seconds=60)  # a waiting test that nobody looked at for that long
SECRETS_KEPT_SECONDS = 15 * 60  # a failed test keeps what was typed sealed for 15 minutes


class Leg(StrEnum):
    """The two directions of a mailbox. SMTP is tried first; IMAP only when SMTP passed."""

    SMTP = "smtp"
    IMAP = "imap"


class Security(StrEnum):
    """How a connection is encrypted: TLS at once, upgraded by STARTTLS, or not at all."""

    SSL = "ssl"
    STARTTLS = "starttls"
    NONE = "none"


class Step(StrEnum):
    """What a leg does, in the words a progress list shows."""

    FIND_SERVER = "find_server"
    CONNECT = "connect"
    ENCRYPT = "encrypt"
    SIGN_IN = "sign_in"
    HAND_OVER = "hand_over"  # SMTP: the test message is accepted
    OPEN_FOLDER = "open_folder"  # IMAP: the chosen folder exists
    FIND_REPLY = "find_reply"  # IMAP: the test message is found again


STEPS: dict[Leg, tuple[Step, ...]] = {
    Leg.SMTP: (Step.FIND_SERVER, Step.CONNECT, Step.ENCRYPT, Step.SIGN_IN, Step.HAND_OVER),
    Leg.IMAP: (Step.FIND_SERVER, Step.CONNECT, Step.ENCRYPT, Step.SIGN_IN, Step.OPEN_FOLDER, Step.FIND_REPLY),
}

DEFAULT_PORTS: dict[Leg, dict[Security, int]] = {
    Leg.SMTP: {Security.SSL: 465, Security.STARTTLS: 587, Security.NONE: 25},
    Leg.IMAP: {Security.SSL: 993, Security.STARTTLS: 143, Security.NONE: 143},
}


class Purpose(StrEnum):
    """What a passed test does: makes an account, renews one, or only tells."""

    CONNECT = "connect"
    RECONNECT = "reconnect"  # new settings for an account that exists
    RETEST = "retest"  # the settings that an account has
    FOLDER = "folder"  # IMAP only: another folder for replies
    PROBE = "probe"  # IMAP only, after sending failed; saves nothing


class State(StrEnum):
    """queued -> running -> (waiting -> running)* -> passed, failed or stopped."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"  # the message was accepted; no worker is held until the next look
    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"


UNDER_WAY = (State.QUEUED, State.RUNNING, State.WAITING)


def legs_of(purpose: Purpose) -> tuple[Leg, ...]:
    """The legs a test of this purpose runs, in order."""
    return (Leg.IMAP,) if purpose in {Purpose.FOLDER, Purpose.PROBE} else (Leg.SMTP, Leg.IMAP)


def steps_of(purpose: Purpose, leg: Leg) -> tuple[Step, ...]:
    """The steps a test of this purpose runs on a leg: without sending there is no reply to find."""
    steps = STEPS[leg]
    return steps if Leg.SMTP in legs_of(purpose) else tuple(step for step in steps if step != Step.FIND_REPLY)


def is_abandoned(
    state: State,
    now: datetime,
    *,
    lease_until: datetime | None,
    wait_until: datetime | None,
    secrets_until: datetime,
) -> bool:
    """Whether a test that claims to be under way has nobody left who could finish it."""
    if state == State.RUNNING:
        return lease_until is None or lease_until < now
    if state == State.WAITING:
        return wait_until is None or wait_until + ABANDONED_AFTER < now
    return state == State.QUEUED and secrets_until < now
