"""What a connection test consists of, and when nobody is left who could finish it."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.connection_test import (
    DEFAULT_PORTS,
    UNDER_WAY,
    Leg,
    Purpose,
    Security,
    State,
    Step,
    is_abandoned,
    legs_of,
    steps_of,
)

NOW = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
PAST, SOON = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


@pytest.mark.parametrize("purpose", [Purpose.CONNECT, Purpose.RECONNECT, Purpose.RETEST])
def test_a_whole_test_sends_first_and_reads_afterwards(purpose):
    assert legs_of(purpose) == (Leg.SMTP, Leg.IMAP)
    assert steps_of(purpose, Leg.SMTP)[-1] == Step.HAND_OVER
    assert steps_of(purpose, Leg.IMAP)[-1] == Step.FIND_REPLY


@pytest.mark.parametrize("purpose", [Purpose.FOLDER, Purpose.PROBE])
def test_without_sending_there_is_no_reply_to_find(purpose):
    assert legs_of(purpose) == (Leg.IMAP,)
    assert steps_of(purpose, Leg.IMAP)[-1] == Step.OPEN_FOLDER


@pytest.mark.parametrize("leg", Leg)
def test_each_leg_finds_connects_encrypts_and_signs_in_in_that_order(leg):
    begin = (Step.FIND_SERVER, Step.CONNECT, Step.ENCRYPT, Step.SIGN_IN)

    assert steps_of(Purpose.CONNECT, leg)[:4] == begin


def test_every_encryption_of_every_leg_has_its_usual_port():
    ports = {(leg, security): DEFAULT_PORTS[leg][security] for leg in Leg for security in Security}

    assert ports[Leg.SMTP, Security.SSL] == 465
    assert ports[Leg.SMTP, Security.STARTTLS] == 587
    assert ports[Leg.IMAP, Security.SSL] == 993
    assert ports[Leg.IMAP, Security.STARTTLS] == ports[Leg.IMAP, Security.NONE] == 143


def abandoned(state, *, lease=SOON, wait=SOON, secrets=SOON):
    return is_abandoned(state, NOW, lease_until=lease, wait_until=wait, secrets_until=secrets)


def test_a_running_test_is_abandoned_once_its_lease_is_over():
    assert not abandoned(State.RUNNING, lease=SOON, wait=None, secrets=PAST)
    assert abandoned(State.RUNNING, lease=PAST)
    assert abandoned(State.RUNNING, lease=None)


def test_a_waiting_test_is_abandoned_a_minute_after_its_time():
    assert not abandoned(State.WAITING, wait=NOW - timedelta(seconds=60), lease=None)
    assert abandoned(State.WAITING, wait=NOW - timedelta(seconds=61))
    assert abandoned(State.WAITING, wait=None)


def test_a_queued_test_is_abandoned_once_its_passwords_may_no_longer_be_kept():
    assert not abandoned(State.QUEUED, secrets=NOW, lease=None, wait=None)
    assert abandoned(State.QUEUED, secrets=PAST)


@pytest.mark.parametrize("state", sorted(set(State) - set(UNDER_WAY)))
def test_a_finished_test_is_never_abandoned(state):
    assert not abandoned(state, lease=None, wait=None, secrets=PAST)
