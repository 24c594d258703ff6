"""Finishing a sign-in, on both databases: at the same moment, with a provider that hangs, and in other workspaces."""

from threading import Event, Thread

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import DomainHealth, EmailAccountHealth, OAuthAttempt, OAuthGrant
from nimbus.rules.providers import Provider
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.connect_oauth import Outcome, Return, finish_sign_in
from nimbus.services.oauth_attempts import find_attempt, way_there
from nimbus.services.update_account import remove_account
from nimbus.services.workspace_settings import set_account_limit
from tests.factories import make_email_account, make_person, make_workspace
from tests.providers.scripted_http import ScriptedHttp, answered
from tests.providers.signing_in import allow
from tests.services.signed_in import ANN, BOB, SYSTEMS

BOTH = pytest.mark.parametrize("provider", [Provider.GMAIL, Provider.MICROSOFT])
SESSION = "a" * 64


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


@pytest.fixture
def people(world):
    """Ann and Bob have a mailbox at both providers."""

    def at(provider):
        for address in (ANN, BOB):
            world.add(address, name="Ann Alpha", system=SYSTEMS[provider])

    return at


def went_there(asker, provider, address=ANN, **about) -> Return:
    """What the browser of somebody who allowed everything brings back."""
    url = way_there(asker, provider, session_hash=SESSION, **about)
    brought = allow(url, provider, address)
    db.session.remove()
    return Return(brought["state"], brought["code"], "", "")


def finish(asker, provider, brought):
    """The outcome of a return."""
    attempt_id = finish_sign_in(asker, provider, brought, session_hash=SESSION)
    outcome = find_attempt(asker.workspace_id, attempt_id).outcome
    db.session.remove()
    return outcome


def count(table) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


@BOTH
def test_of_many_returns_with_one_state_one_is_made_use_of(people, asker, at_once, world, provider):
    people(provider)
    brought = went_there(asker, provider)

    came = at_once(lambda _: finish_sign_in(asker, provider, brought, session_hash=SESSION), 6)

    assert len(set(came)) == 1
    assert find_attempt(asker.workspace_id, came[0]).outcome == Outcome.CONNECTED
    assert count(OAuthAttempt) == count(EmailAccountHealth) == 1


@BOTH
def test_of_two_sign_ins_of_one_person_at_once_the_second_repairs_what_the_first_made(
    people, asker, at_once, provider
):
    people(provider)
    brought = [went_there(asker, provider) for _ in range(4)]

    came = at_once(lambda number: finish(asker, provider, brought[number]), 4)

    assert sorted(came) == [Outcome.CONNECTED, *[Outcome.RECONNECTED] * 3]
    assert count(EmailAccountHealth) == count(OAuthGrant) == count(DomainHealth) == 1


@BOTH
def test_no_more_inboxes_come_in_at_once_than_there_is_room_for(people, asker, at_once, provider):
    people(provider)
    set_account_limit(asker.workspace_id, 1, asker=None)
    brought = [went_there(asker, provider, address) for address in (ANN, BOB)]

    came = at_once(lambda number: finish(asker, provider, brought[number]), 2)

    assert sorted(came) == [Outcome.CONNECTED, Outcome.NO_ROOM]
    assert count(EmailAccountHealth) == 1


def test_the_same_address_in_two_workspaces_is_two_accounts(people, asker):
    people(Provider.GMAIL)
    zoe = make_person(make_workspace("Zenith"), "Zoe")
    other = Asker(zoe.workspace_id, zoe.user_id, "Zoe", Role.OWNER, "192.0.2.8")

    for each in (asker, other):
        assert finish(each, Provider.GMAIL, went_there(each, Provider.GMAIL)) == Outcome.CONNECTED

    assert count(EmailAccountHealth) == count(OAuthGrant) == 2


def test_an_account_that_was_removed_comes_back_by_another_path(people, asker, read):
    people(Provider.GMAIL)
    account_id = make_email_account(asker.workspace_id, ANN, daily_send_limit=12)
    remove_account(asker, account_id)

    assert finish(asker, Provider.GMAIL, went_there(asker, Provider.GMAIL)) == Outcome.CONNECTED

    (account,) = read(EmailAccountHealth)
    assert (account.id, account.provider, account.daily_send_limit) == (account_id, "gmail", 12)


class TestAProviderThatHangs:
    """Its token endpoint takes the question and says nothing."""

    @pytest.fixture
    def endpoint(self):
        with ScriptedHttp() as server:
            yield server

    @pytest.fixture
    def environ(self, sandbox, endpoint):
        return sandbox.environ | {"GOOGLE_TOKEN_URL": endpoint.url}

    def test_no_connection_to_the_database_is_held_meanwhile(self, app, people, asker, endpoint):
        people(Provider.GMAIL)
        brought, asked, go_on, held = went_there(asker, Provider.GMAIL), Event(), Event(), []

        def say(connection):
            asked.set()
            assert go_on.wait(20)
            connection.send(answered({"error": "server_error"}, 503))

        def come_back():
            with app.app_context():
                finish_sign_in(asker, Provider.GMAIL, brought, session_hash=SESSION)
                db.session.remove()

        endpoint.answers.append(say)
        coming = Thread(target=come_back)
        coming.start()
        assert asked.wait(10)
        db.session.remove()
        held.append(db.engine.pool.checkedout())
        go_on.set()
        coming.join(20)

        assert held == [0]
        assert find_attempt(asker.workspace_id, 1).outcome == "unavailable"
