"""Signing in and out; a session ends on the server, by hand or by time."""

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import User, UserSession
from nimbus.services.sign_in import find_session, open_session, sign_in, sign_out
from tests.cast import PASSWORD

FROM = {"address": "192.0.2.7", "browser": "Firefox"}


@pytest.fixture
def token(ada):
    return sign_in("ada@example.com", PASSWORD, **FROM)


def sessions():
    db.session.rollback()
    return list(db.session.scalars(sa.select(UserSession).execution_options(populate_existing=True)))


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

    sign_out(token)
    assert find_session(token) is None
    assert find_session(other) is not None


def test_signing_out_twice_or_with_an_unknown_token_harms_nobody(token):
    sign_out("unknown")
    assert find_session(token) is not None

    sign_out(token)
    sign_out(token)
    assert sessions() == []


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
