"""When sending domains are checked, by whom, and that nobody does it twice."""

import time

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, DomainHealth
from nimbus.services.check_domain import LEASE, check_due, check_now
from nimbus.services.due_domains import NothingToCheck, ask_all, ask_check, check_what_is_due
from tests.factories import make_domain, make_email_account, make_workspace, reload


def test_what_is_due_is_checked_once_however_many_workers_come(acme, domain, at_once, zone):
    found = at_once(lambda _number: check_due(time.monotonic() + 30), 4)

    assert sorted(found) == [0, 0, 0, 1]
    assert reload(DomainHealth, domain).checked_at is not None
    check_what_is_due()
    assert check_due(time.monotonic() + 30) == 0


def test_a_check_whose_lease_is_over_keeps_nothing_and_another_takes_it(acme, domain, clock):
    with transaction() as session:
        session.get_one(DomainHealth, domain).check_lease_until = now() + LEASE
    assert not check_now(acme, domain)
    clock.advance(minutes=7)
    assert check_now(acme, domain)


def test_public_providers_and_domains_without_inboxes_are_left_alone(acme, asker):
    make_email_account(acme, "ava@gmail.com", provider="gmail", legs=())
    make_domain(acme, "empty.test")
    assert check_due(time.monotonic() + 30) == 0
    gmail = reload(DomainHealth, make_domain(acme, "gmail.com"))

    assert (gmail.is_public_provider, gmail.checked_at) == (True, None)
    with pytest.raises(NothingToCheck):
        ask_check(asker, "gmail.com")


def test_asking_makes_a_domain_due_even_when_the_queue_is_away(check, asker, domain):
    check()
    assert check_due(time.monotonic() + 30) == 0
    assert ask_check(asker, "acme.test") == domain
    assert check_due(time.monotonic() + 30) == 1
    assert ask_all(asker) == 1
    assert check_due(time.monotonic() + 30) == 1


def test_whoever_asks_for_a_check_stands_in_the_audit_log(asker, domain):
    ask_check(asker, "acme.test")
    ask_all(asker)
    lines = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()

    assert [(each.action, each.object_name, each.details) for each in lines] == [
        ("domain_check_asked", "acme.test", {}),
        ("domain_checks_asked", None, {"domains": 1}),
    ]
    assert {each.user_id for each in lines} == {asker.user_id}


def test_two_workspaces_with_one_domain_share_its_look_ups(acme, domain, zone):
    other = make_workspace("Zenith")
    make_email_account(other, "zoe@acme.test", provider="gmail", legs=())
    zone.queries.clear()

    assert check_due(time.monotonic() + 30) == 2
    assert zone.queries.count(("_dmarc.acme.test.", "TXT")) == 1


def test_one_worker_at_a_time_keeps_the_timetable(acme, domain, clock):
    busy = make_domain(acme, "busy.test", check_lease_until=now() + LEASE)
    check_what_is_due()
    assert reload(DomainHealth, domain).checked_at is None

    clock.advance(minutes=4)
    check_what_is_due()
    assert reload(DomainHealth, domain).checked_at is not None
    assert reload(DomainHealth, busy).checked_at is None
