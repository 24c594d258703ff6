"""What may happen while a provider is asked for a new token: somebody signs in again, or the database goes away."""

from contextlib import contextmanager, nullcontext
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.providers.errors import GrantRefused
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider
from nimbus.services.oauth_tokens import access_token, lose_token
from tests.providers.scripted_http import ScriptedHttp, answered
from tests.providers.signing_in import sign_in
from tests.services.outages import outage
from tests.services.signed_in import ANN, age, events, grant_of, keep_grant, make_signed_in, state_of

MICROSOFT = Provider.MICROSOFT
OLD = {"access_token": "an-old-one", "refresh_token": "another-old-one", "expires_in": 3599, "scope": "x"}
REFUSED = {"error": "invalid_grant", "error_codes": [700082]}


@pytest.fixture
def endpoint():
    with ScriptedHttp() as server:
        yield server


@pytest.fixture
def environ(sandbox, endpoint):
    """People sign in at the practice world; renewals are answered by the test."""
    return sandbox.environ | {"MS_LOGIN_BASE": endpoint.url}


@pytest.fixture
def ann(sandbox, acme):
    return make_signed_in(sandbox, acme, MICROSOFT)


@pytest.fixture
def while_it_is_asked(app, acme, ann, endpoint):
    """Do something between the question for a new token and this answer to it; gives the token that was got.

    around: a context in which the answer comes.
    """

    def run(answer, meanwhile=lambda: None, around=nullcontext):
        asked, go_on, got = Event(), Event(), []

        def say(connection):
            asked.set()
            assert go_on.wait(20)
            connection.send(answer)

        def ask():
            with app.app_context():
                got.append(access_token(acme, ann))
                db.session.remove()

        endpoint.answers.append(say)
        age(ann)
        asking = Thread(target=ask)
        asking.start()
        assert asked.wait(10)
        meanwhile()
        with around():
            go_on.set()
        asking.join(20)
        return got

    return run


@pytest.mark.parametrize(("body", "status"), [(OLD, 200), (REFUSED, 400)])
def test_the_sign_in_stays_and_serves_whoever_asked(sandbox, acme, ann, while_it_is_asked, body, status):
    tokens = sign_in(sandbox, MICROSOFT, ANN)

    got = while_it_is_asked(answered(body, status), lambda: keep_grant(sandbox, acme, ann, MICROSOFT, tokens))

    assert got == [tokens.access] == [access_token(acme, ann)]
    assert (grant_of(ann).version, state_of(ann), events(ann)) == (2, "ok", [])


def test_a_new_token_is_kept_although_the_database_is_away_when_it_comes(acme, ann, while_it_is_asked):
    tried = Event()

    @contextmanager
    def without_database():
        with outage(db.engine):
            sa.event.listen(db.engine, "do_connect", lambda *_: tried.set())
            yield
            assert tried.wait(10)

    got = while_it_is_asked(answered(OLD), around=without_database)

    assert got == [access_token(acme, ann)]
    assert (got[0].reveal(), grant_of(ann).version) == ("an-old-one", 2)


def test_no_connection_to_the_database_is_held_while_the_provider_is_asked(ann, while_it_is_asked):
    held = []

    while_it_is_asked(answered(OLD), lambda: (db.session.remove(), held.append(db.engine.pool.checkedout())))

    assert held == [0]


def test_a_token_that_was_refused_ends_only_the_sign_in_that_it_is_of(sandbox, acme, ann):
    refused = GrantRefused(GrantEnding.REVOKED, "401 InvalidAuthenticationToken")
    old = access_token(acme, ann)
    keep_grant(sandbox, acme, ann, MICROSOFT, sign_in(sandbox, MICROSOFT, ANN))

    lose_token(acme, ann, old, refused)
    assert (state_of(ann), events(ann)) == ("ok", [])
    lose_token(acme, ann, access_token(acme, ann), refused)

    assert (state_of(ann), events(ann)) == ("auth_revoked", ["sign_in_lost"])
    assert grant_of(ann).failure_detail == {"line": "401 InvalidAuthenticationToken"}
