"""The job that renews tokens before anybody needs them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from jobs import tokens as job
from jobs.schedule import TIMETABLE
from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import InstanceFact
from nimbus.models.instance import LIVE_AT
from nimbus.rules.providers import Provider
from nimbus.services import refresh_tokens
from nimbus.services.refresh_tokens import refresh_due
from nimbus.services.update_account import remove_account
from tests.services.signed_in import ANN, age, events, grant_of, make_signed_in, refreshes, state_of

BOTH = pytest.mark.parametrize("provider", [Provider.GMAIL, Provider.MICROSOFT])


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


@pytest.fixture
def people(sandbox, acme):
    """Signs that many people in at a provider; their accounts' ids and addresses."""
    return lambda provider, count: {
        make_signed_in(sandbox, acme, provider, address): address
        for address in (f"person{number}@alpha.test" for number in range(count))
    }


@pytest.mark.claim("C07")
@BOTH
def test_tokens_are_renewed_before_they_end_without_anyone_asking(sandbox, acme, clock, provider):
    ann = make_signed_in(sandbox, acme, provider)
    ends_at = grant_of(ann).access_until
    clock.advance(minutes=44)
    job.refresh()
    assert refreshes(sandbox, provider) == 0

    clock.advance(minutes=11)
    job.refresh()

    assert now() < ends_at < grant_of(ann).access_until
    assert (refreshes(sandbox, provider), grant_of(ann).version) == (1, 2)


def test_the_job_is_asked_for_every_minute():
    assert (queues.REFRESH_TOKENS, 60) in TIMETABLE


def test_what_was_just_renewed_is_left_alone(sandbox, people):
    ids = people(Provider.MICROSOFT, 2)
    for account_id in ids:
        age(account_id)

    assert [refresh_due(), refresh_due()] == [2, 0]
    assert [refreshes(sandbox, Provider.MICROSOFT, address) for address in ids.values()] == [1, 1]


@BOTH
def test_a_sign_in_that_is_over_is_found_out_by_the_job(sandbox, acme, provider):
    ann = make_signed_in(sandbox, acme, provider)
    sandbox.world.mailboxes[ANN].faults.set("revoked")
    age(ann)

    assert [refresh_due(), refresh_due()] == [0, 0]

    assert (state_of(ann), events(ann), refreshes(sandbox, provider)) == ("auth_revoked", ["sign_in_lost"], 1)


def test_a_provider_that_is_away_is_not_asked_for_a_whole_fleet(sandbox, people):
    ids = people(Provider.GMAIL, 5)
    for account_id, address in ids.items():
        sandbox.world.mailboxes[address].faults.set("server_error")
        age(account_id)

    refresh_due()

    asked = sum(refreshes(sandbox, Provider.GMAIL, address) for address in ids.values())
    assert asked == 3
    assert {state_of(account_id) for account_id in ids} == {"ok"}


def test_one_provider_that_is_away_holds_the_other_up_in_nothing(sandbox, acme):
    faulty = make_signed_in(sandbox, acme, Provider.GMAIL)
    sandbox.world.mailboxes[ANN].faults.set("server_error")
    fine = make_signed_in(sandbox, acme, Provider.MICROSOFT, "bob@alpha.test")
    age(faulty)
    age(fine)

    assert refresh_due() == 1
    assert grant_of(fine).version == 2


def test_after_each_failure_the_provider_is_left_alone_for_longer(sandbox, acme, clock):
    ann = make_signed_in(sandbox, acme, Provider.MICROSOFT)
    sandbox.world.mailboxes[ANN].faults.set("server_error")
    age(ann)
    pauses = []
    for _ in range(7):
        refresh_due()
        pauses.append(grant_of(ann).refresh_at - now())
        clock.advance(seconds=pauses[-1].total_seconds() + 1)

    assert pauses == sorted(pauses)
    assert timedelta(minutes=9) < pauses[-1] < timedelta(minutes=13)
    assert refreshes(sandbox, Provider.MICROSOFT) == 7


def test_many_workers_renew_each_token_once(sandbox, people, at_once):
    ids = people(Provider.MICROSOFT, 4)
    for account_id in ids:
        age(account_id)

    renewed = at_once(lambda _: refresh_due(), 4)

    assert sum(renewed) == 4
    assert [refreshes(sandbox, Provider.MICROSOFT, address) for address in ids.values()] == [1] * 4


def test_a_batch_has_an_end(sandbox, people, monkeypatch):
    monkeypatch.setattr(refresh_tokens, "BATCH", 2)
    for account_id in people(Provider.MICROSOFT, 3):
        age(account_id)

    assert [refresh_due(), refresh_due()] == [2, 1]


def test_a_copy_that_nobody_confirmed_takes_no_tokens_of_the_installation_it_is_a_copy_of(sandbox, acme):
    ann = make_signed_in(sandbox, acme, Provider.MICROSOFT)
    age(ann)
    with transaction() as session:
        session.execute(sa.delete(InstanceFact).where(InstanceFact.name.startswith(LIVE_AT)))

    assert refresh_due() == 0
    assert refreshes(sandbox, Provider.MICROSOFT) == 0


def test_the_tokens_of_a_removed_account_are_gone_and_never_renewed(sandbox, asker, acme):
    ann = make_signed_in(sandbox, acme, Provider.MICROSOFT)
    age(ann)

    remove_account(asker, ann)

    assert refresh_due() == 0
    assert grant_of(ann) is None
    assert refreshes(sandbox, Provider.MICROSOFT) == 0
