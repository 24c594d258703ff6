"""Changing one's own name and password, and proving within a session that one is still there."""

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import AuditEvent, User, UserSession
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.end_sessions import end_session, list_sessions
from nimbus.services.sign_in import find_session, open_session, session_id, sign_in, sign_out
from nimbus.services.update_person import (
    SessionEnded,
    WrongPassword,
    change_name,
    change_password,
    confirm_password,
)
from tests.cast import PASSWORD
from tests.factories import make_person, reload

FROM = {"address": "192.0.2.7", "browser": "Firefox"}
NEW = "quite another password"


@pytest.fixture
def asker(ada):
    return Asker(*ada, name="Ada", role=Role.OWNER, address="192.0.2.7")


@pytest.fixture
def token(ada):
    return open_session(*ada, **FROM)


def log():
    db.session.rollback()
    return [line.action for line in db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id))]


def opens(password):
    return sign_in("ada@example.com", password, **FROM) is not None


def test_the_new_password_signs_in_and_the_old_one_no_longer(asker, token):
    change_password(asker, token, current=PASSWORD, new=NEW)

    assert not opens(PASSWORD)
    assert opens(NEW)


def test_a_change_of_password_ends_every_other_session_and_counts_them(ada, acme, asker, token):
    others = [open_session(*ada, **FROM) for _ in range(3)]
    bobs = open_session(acme, make_person(acme, "Bob", role=Role.VIEWER).user_id, **FROM)

    fresh, ended = change_password(asker, token, current=PASSWORD, new=NEW)

    assert ended == 3
    assert [find_session(each) for each in others] == [None] * 3
    assert find_session(fresh)
    assert find_session(bobs)
    assert log() == ["session_ended"] * 3 + ["password_changed"]


def test_a_change_of_password_gives_this_session_a_new_token(asker, token):
    fresh, _ = change_password(asker, token, current=PASSWORD, new=NEW)

    assert find_session(token) is None
    assert find_session(fresh).user_id == asker.user_id


def test_without_the_current_password_nothing_changes_and_the_try_is_logged(ada, asker, token):
    other = open_session(*ada, **FROM)

    with pytest.raises(WrongPassword, match=r"^This is not your password\.$"):
        change_password(asker, token, current="a canary password", new=NEW)

    assert opens(PASSWORD)
    assert find_session(token)
    assert find_session(other)
    assert log() == ["wrong_password", "signed_in"]


def test_a_session_that_was_ended_meanwhile_changes_no_password(asker, token):
    sign_out(asker, token)

    with pytest.raises(SessionEnded):
        change_password(asker, token, current=PASSWORD, new=NEW)
    with pytest.raises(SessionEnded):
        confirm_password(asker, token, PASSWORD)
    assert opens(PASSWORD)


def test_of_changes_at_the_same_moment_one_wins_and_the_others_are_told(ada, asker, at_once):
    tokens = [open_session(*ada, **FROM) for _ in range(4)]

    def change(number):
        return change_password(asker, tokens[number], current=PASSWORD, new=f"{NEW} {number}")

    outcomes = at_once(change, 4)

    [winner] = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, tuple)]
    lost = [outcome for outcome in outcomes if not isinstance(outcome, tuple)]
    assert {type(each) for each in lost} <= {WrongPassword, SessionEnded}
    assert opens(f"{NEW} {winner}")
    assert sum(find_session(each) is not None for each in tokens) == 0


def test_a_sign_in_with_the_old_password_never_outlives_its_change(ada, asker, at_once):
    token = open_session(*ada, **FROM)

    def race(number):
        if number == 0:
            return change_password(asker, token, current=PASSWORD, new=NEW)
        return sign_in("ada@example.com", PASSWORD, **FROM)

    (fresh, _), *_ = at_once(race, 4)

    assert [each.is_this for each in list_sessions(asker.user_id, fresh)] == [True]


def test_typing_the_password_again_is_proof_for_this_session_alone(ada, asker, token, clock):
    other = open_session(*ada, **FROM)
    clock.advance(hours=2)

    confirm_password(asker, token, PASSWORD)

    assert (now() - find_session(token).proved_at).total_seconds() < 60
    assert (now() - find_session(other).proved_at).total_seconds() > 7_000
    assert log() == ["identity_confirmed"]


def test_a_wrong_password_proves_nothing_and_is_logged(asker, token, clock):
    clock.advance(hours=2)

    with pytest.raises(WrongPassword):
        confirm_password(asker, token, "a canary password")

    assert (now() - find_session(token).proved_at).total_seconds() > 7_000
    assert log() == ["wrong_password"]
    assert "canary" not in str([vars(line) for line in db.session.scalars(sa.select(AuditEvent))])


def test_the_log_keeps_both_names_when_somebody_changes_theirs(asker):
    change_name(asker, "Ada Lovelace")
    change_name(asker, "Ada Lovelace")

    assert reload(User, asker.user_id).name == "Ada Lovelace"
    [line] = db.session.scalars(sa.select(AuditEvent))
    assert (line.action, line.actor, line.details) == (
        "name_changed",
        "Ada",
        {"name": "from Ada to Ada Lovelace"},
    )


def test_what_names_a_session_opens_nothing(ada, asker, token):
    [seen] = list_sessions(asker.user_id, token)

    assert seen.id == session_id(token)
    assert find_session(seen.id) is None
    assert token not in str(seen)
    assert end_session(asker, seen.id)
    assert db.session.scalars(sa.select(UserSession)).all() == []
