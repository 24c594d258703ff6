"""Where somebody is signed in, and ending it from elsewhere."""

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AuditEvent
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.end_sessions import end_other_sessions, end_session, list_sessions
from nimbus.services.sign_in import find_session, open_session, session_id
from tests.factories import make_person

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def asker(ada):
    return Asker(*ada, name="Ada", role=Role.OWNER, address="192.0.2.7")


@pytest.fixture
def sign_in(ada, clock):
    """Open a session of Ada's, a minute after the one before."""

    def one(address="192.0.2.7"):
        clock.advance(minutes=1)
        return open_session(*ada, address=address, browser=FIREFOX)

    return one


@pytest.fixture
def bobs(acme):
    return open_session(acme, make_person(acme, "Bob").user_id, address="192.0.2.9", browser="")


def test_the_list_begins_with_this_session_and_goes_on_with_the_last_seen(ada, sign_in, bobs):
    early, this, late = (sign_in(address) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"))

    listed = list_sessions(ada[1], this)

    assert [each.id for each in listed] == [session_id(each) for each in (this, late, early)]
    assert [each.is_this for each in listed] == [True, False, False]
    assert [each.address for each in listed] == ["192.0.2.2", "192.0.2.3", "192.0.2.1"]
    assert {each.browser for each in listed} == {"Firefox on Linux"}


def test_what_has_run_out_is_neither_listed_nor_counted(ada, asker, sign_in, clock):
    sign_in()
    clock.advance(days=14)
    this = sign_in()

    assert [each.id for each in list_sessions(ada[1], this)] == [session_id(this)]
    assert end_other_sessions(asker, this) == 0


def test_one_session_is_ended_and_logged_and_the_others_stay(asker, sign_in):
    this, other, third = sign_in(), sign_in(), sign_in()

    assert end_session(asker, session_id(other))

    assert find_session(other) is None
    assert find_session(this)
    assert find_session(third)
    [line] = db.session.scalars(sa.select(AuditEvent))
    assert (line.action, line.object_kind, line.object_id) == ("session_ended", "session", session_id(other))
    assert (line.actor, line.object_name) == ("Ada", "Firefox on Linux")


def test_a_session_that_ended_already_or_never_was_ends_nothing(asker, sign_in):
    this = sign_in()

    assert [end_session(asker, wrong) for wrong in ("", "x", "0" * 16, this, "%")] == [False] * 5
    assert find_session(this)


def test_nobody_ends_the_session_of_somebody_else(asker, bobs):
    assert not end_session(asker, session_id(bobs))
    assert end_other_sessions(asker, "unknown") == 0
    assert find_session(bobs)


def test_all_others_end_and_are_counted(asker, sign_in, bobs):
    this, others = sign_in(), [sign_in(), sign_in()]

    assert end_other_sessions(asker, this) == 2

    assert [find_session(each) for each in others] == [None, None]
    assert find_session(this)
    assert find_session(bobs)
    assert end_other_sessions(asker, this) == 0
