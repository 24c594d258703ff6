"""What the database itself refuses, whoever asks."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    ConnectionTest,
    DomainHealth,
    EmailAccountHealth,
    HealthEvent,
    InboxDay,
    MailServer,
    User,
    Workspace,
    WorkspaceKey,
)
from tests.factories import (
    make_connection_test,
    make_domain,
    make_email_account,
    make_events,
    make_inbox_day,
    make_mail_server,
    make_workspace,
)

OWNED = (WorkspaceKey, DomainHealth, EmailAccountHealth, MailServer, InboxDay, HealthEvent, ConnectionTest)


@pytest.fixture
def zenith(context):
    return make_workspace("Zenith")


def count(table):
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


def test_an_address_is_unique_within_a_workspace_and_free_in_another(acme, zenith):
    make_email_account(acme, "ava@acme.test")
    make_email_account(zenith, "ava@acme.test")

    with pytest.raises(IntegrityError):
        make_email_account(acme, "ava@acme.test")
    assert count(EmailAccountHealth) == 2


def test_a_domain_has_one_row_in_each_workspace(acme, zenith):
    make_domain(acme, "acme.test")
    make_domain(zenith, "acme.test")

    with pytest.raises(IntegrityError), transaction() as session:
        session.add(DomainHealth(workspace_id=acme, name="acme.test", created_at=now()))
    assert count(DomainHealth) == 2


OUT_OF_RANGE = (
    {"provider": "pigeon"},
    {"connection_state": "fine"},
    {"restriction": "both"},
    {"current_stage": 6},
    {"current_stage": -1},
    {"daily_send_limit": -1},
    {"rotation_priority": 0},
    {"rotation_priority": 1001},
    {"overall_score": 100.1},
    {"reputation_score": -1},
    {"warmup_progress": 101},
    {"bounce_rate_7d": 1.01},
    {"complaint_rate_7d": -0.01},
)


def test_an_account_outside_its_ranges_is_refused(acme):
    for wrong in OUT_OF_RANGE:
        with pytest.raises(IntegrityError, match=next(iter(wrong))):
            make_email_account(acme, **wrong)
    assert count(EmailAccountHealth) == 0


def test_an_account_cannot_lie_on_another_workspaces_domain(acme, zenith):
    account_id = make_email_account(acme)
    foreign = make_domain(zenith, "zenith.test")

    with pytest.raises(IntegrityError), transaction() as session:
        session.get_one(EmailAccountHealth, account_id).domain_id = foreign


def test_no_row_can_point_to_another_workspaces_account(acme, zenith):
    account_id = make_email_account(acme)
    makers = (
        lambda: make_events(zenith, account_id, 1),
        lambda: make_inbox_day(zenith, account_id),
        lambda: make_mail_server(zenith, account_id + 1, "smtp"),
    )

    for make in makers:
        with pytest.raises(IntegrityError):
            make()


def make_person(email="ada@acme.test"):
    with transaction() as session:
        person = User(email=email, name="Ada", password_hash="x", created_at=now())
        session.add(person)
        session.flush()
        return person.id


@pytest.mark.parametrize("wrong", [{"state": "done"}, {"purpose": "fun"}], ids=str)
def test_a_connection_test_has_only_states_and_purposes_that_exist(acme, wrong):
    with pytest.raises(IntegrityError):
        make_connection_test(acme, make_person(), **wrong)


def test_two_people_cannot_share_an_address(context):
    make_person()

    with pytest.raises(IntegrityError):
        make_person()


def test_everything_of_a_workspace_goes_with_it_and_nothing_of_anothers(acme, zenith):
    person = make_person()
    for workspace_id in (acme, zenith):
        account_id = make_email_account(workspace_id)
        make_events(workspace_id, account_id, 2)
        make_inbox_day(workspace_id, account_id, sent=3)
        make_connection_test(workspace_id, person, account_id=account_id)

    before = {table: count(table) for table in OWNED}
    with transaction() as session:
        session.execute(sa.delete(EmailAccountHealth).where(EmailAccountHealth.workspace_id == acme))
        session.execute(sa.delete(Workspace).where(Workspace.id == acme))

    assert {table: count(table) for table in OWNED} == {table: half // 2 for table, half in before.items()}
    assert min(before.values()) >= 2
