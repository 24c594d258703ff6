"""Signing in and out; a session ends on the server, by hand or by time."""

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, User, UserSession
from nimbus.rules.roles import Role
from nimbus.security.passwords import password_matches
from nimbus.services.asker import Asker
from nimbus.services.sign_in import find_session, open_session, sign_in, sign_out
from tests.cast import PASSWORD
from tests.factories import make_person, reload

FROM = {"address": "192.0.2.7", "browser": "Firefox"}


@pytest.fixture
def token(ada):
    return sign_in("ada@example.com", PASSWORD, **FROM)


def sessions():
    db.session.rollback()
    return list(db.session.scalars(sa.select(UserSession).execution_options(populate_existing=True)))


def asker(person):
    return Asker(*person, name="Ada", role=Role.OWNER, address="192.0.2.7")


def log():
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)))


def test_the_right_pair_opens_a_session_of_that_person(ada, token):
    found = find_session(token)

    assert (found.workspace_id, found.user_id) == ada
    assert (found.name, found.workspace_name) == ("Ada", "Acme")
    (row,) = sessions()
    assert (row.address, row.browser) == ("192.0.2.7", "Firefox")


def test_the_address_is_read_as_people_type_it(ada):
    assert sign_in("ADA@Example.Com", PASSWORD, **FROM)
    assert sign_in("  ada@example.com  ", PASSWORD, **FROM)


def test_a_wrong_address_and_a_wrong_password_are_refused_alike(ada):
    wrong_pairs = (
        ("ada@example.com", "another password"),
        ("ada@example.com", ""),
        ("ada@example.com", PASSWORD + " "),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("%", PASSWORD),
        ("nobody@example.com", "a password that nobody has"),
    )

    assert [sign_in(*pair, **FROM) for pair in wrong_pairs] == [None] * len(wrong_pairs)
    assert sessions() == []


def test_somebody_without_a_workspace_cannot_sign_in(ada):
    with transaction() as session:
        hashed = session.get_one(User, ada[1]).password_hash
        session.add(User(email="lost@acme.test", name="Lost", password_hash=hashed, created_at=now()))

    assert sign_in("lost@acme.test", PASSWORD, **FROM) is None


def test_the_database_holds_no_token(token):
    [row] = sessions()

    assert token not in vars(row).values()
    assert find_session(row.token_hash) is None


def test_every_sign_in_is_a_session_of_its_own(ada, token):
    other = open_session(*ada, **FROM)

    sign_out(asker(ada), token)
    assert find_session(token) is None
    assert find_session(other) is not None


def test_signing_out_twice_or_with_an_unknown_token_harms_nobody(ada, token):
    sign_out(asker(ada), "unknown")
    assert find_session(token) is not None

    sign_out(asker(ada), token)
    sign_out(asker(ada), token)
    assert sessions() == []
    assert [line.action for line in log()] == ["signed_in", "signed_out"]


def test_nobody_signs_somebody_else_out(ada, acme, token):
    bob = make_person(acme, "Bob", role=Role.ADMIN)

    sign_out(asker((acme, bob.user_id)), token)
    assert find_session(token) is not None


def test_an_unknown_token_opens_nothing(token):
    assert [find_session(wrong) for wrong in ("", "x", "ä€", token[:-1], "a" * 5000)] == [None] * 5


def test_a_session_ends_after_14_idle_days(token, clock):
    clock.advance(days=13, hours=23)
    assert find_session(token) is not None

    clock.advance(days=14, seconds=1)
    assert find_session(token) is None


def test_a_session_in_use_ends_after_30_days(token, clock):
    for _ in range(3):
        clock.advance(days=9)
        assert find_session(token) is not None

    clock.advance(days=3, seconds=1)
    assert find_session(token) is None


def test_the_last_visit_is_written_at_most_every_ten_minutes(token, clock):
    [before] = [row.seen_at for row in sessions()]
    clock.advance(minutes=9)
    find_session(token)
    assert [row.seen_at for row in sessions()] == [before]

    clock.advance(minutes=2)
    find_session(token)
    assert sessions()[0].seen_at > before


def test_a_long_browser_name_is_cut_and_not_refused(ada):
    open_session(*ada, address="2001:db8::1", browser="x" * 5000)

    assert [len(row.browser) for row in sessions()] == [200]


def test_signing_in_is_logged_with_the_browser_and_where_it_came_from(ada, token):
    [line] = log()

    assert (line.workspace_id, line.user_id, line.actor, line.address) == (*ada, "Ada", "192.0.2.7")
    assert (line.action, line.details) == ("signed_in", {"browser": "Unknown browser"})


def test_a_wrong_password_is_logged_without_it_and_a_wrong_address_is_not(ada):
    sign_in("ada@example.com", "a canary password", **FROM)
    sign_in("nobody@example.com", "a canary password", **FROM)

    [line] = log()
    assert (line.user_id, line.action, line.address) == (ada[1], "sign_in_failed", "192.0.2.7")
    assert "canary" not in str(vars(line))


def writes_of(action):
    """How many statements of an action changed a row, and how many transactions it took."""
    counts = {"writes": 0, "commits": 0}

    def wrote(_connection, cursor, statement, *_others):
        added, changed = (
            statement.startswith("INSERT"),
            statement.startswith("UPDATE") and cursor.rowcount == 1,
        )
        counts["writes"] += added or changed

    def committed(_connection):
        counts["commits"] += 1

    sa.event.listen(db.engine, "after_cursor_execute", wrote)
    sa.event.listen(db.engine, "commit", committed)
    action()
    sa.event.remove(db.engine, "after_cursor_execute", wrote)
    sa.event.remove(db.engine, "commit", committed)
    return counts


def test_a_wrong_address_costs_as_much_as_a_wrong_password(ada):
    known = writes_of(lambda: sign_in("ada@example.com", "wrong password", **FROM))
    unknown = writes_of(lambda: sign_in("nobody@example.com", "wrong password", **FROM))

    assert known == unknown
    assert known["writes"] == 1


def test_a_password_of_an_older_profile_is_hashed_anew_at_sign_in(ada):
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with transaction() as session:
        session.get_one(User, ada[1]).password_hash = old

    assert sign_in("ada@example.com", "wrong password", **FROM) is None
    assert reload(User, ada[1]).password_hash == old
    assert sign_in("ada@example.com", PASSWORD, **FROM)
    stored = reload(User, ada[1]).password_hash
    assert "m=19456,t=2,p=1" in stored
    assert password_matches(PASSWORD, stored)


def test_a_hash_of_today_stays_as_it_is(ada):
    before = reload(User, ada[1]).password_hash
    sign_in("ada@example.com", PASSWORD, **FROM)

    assert reload(User, ada[1]).password_hash == before
