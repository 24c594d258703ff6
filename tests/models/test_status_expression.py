"""The status that the database orders and filters by is the one that the rule gives."""

import random
from datetime import timedelta

import sqlalchemy as sa

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import DomainHealth, EmailAccountHealth, InboxDay, MailServer
from nimbus.models.account_queries import (
    AccountFilter,
    Moment,
    Paging,
    count_by_status,
    list_accounts,
)
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.connection_test import Leg
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_status import InboxFacts, StatusKey, judge_status
from nimbus.rules.providers import ConnectionState, Provider

FLEET = 400
ZONE = "Pacific/Auckland"


def make_fleet(workspace_id, moment, chance):
    """Accounts in every mixture of states, healthy ones and ones without a signal among them."""
    with transaction() as session:
        domains = [
            DomainHealth(
                workspace_id=workspace_id, name=f"d{n}.test", created_at=moment.now, pause_reason=reason
            )
            for n, reason in enumerate((None, None, None, "Listed"))
        ]
        session.add_all(domains)
        session.flush()
        accounts = [
            make_account(workspace_id, chance.choice(domains), n, moment.now, chance=chance)
            for n in range(FLEET)
        ]
        session.add_all(accounts)
        session.flush()
        for account in accounts:
            session.add_all(make_parts(account, moment.day, chance))


def make_account(workspace_id, domain, number, moment, *, chance):
    return EmailAccountHealth(
        workspace_id=workspace_id,
        email=f"{number}@{domain.name}",
        display_name="",
        provider=chance.choice(list(Provider)),
        domain_id=domain.id,
        created_at=moment,
        connection_state=chance.choice([ConnectionState.OK] * 12 + list(ConnectionState)),
        is_active=chance.random() < 0.8,
        cooldown_until=chance.choice([None, None, None, *(moment + timedelta(hours=h) for h in (-1, 0, 1))]),
        server_pause_reason=chance.choice([None] * 9 + ["Listed"]),
        needs_acknowledgement=chance.random() < 0.05,
        hold_state=chance.choice([HoldState.NONE] * 5 + list(HoldState)),
        daily_send_limit=chance.choice([0, 1, 20, 40]),
        effective_limit=chance.choice([None, 1, 20]),
        current_stage=chance.randint(0, 5),
        overall_score=chance.choice([None, 0.0, 55.5, 70.0, 100.0]),
    )


def make_parts(account, day, chance):
    own = {"workspace_id": account.workspace_id, "account_id": account.id}
    if chance.random() < 0.7:
        sent, reserved = chance.choice([(0, 0), (0, 1), (19, 1), (20, 0), (40, 5)])
        yield InboxDay(**own, day=day, sent=sent, reserved=reserved)
    yield InboxDay(**own, day=day - timedelta(days=1), sent=500)
    for leg in Leg if account.provider == Provider.SMTP_IMAP else ():
        code = chance.choice([None, None, None, "timeout"])
        server = {
            "leg": leg,
            "host": "h",
            "port": 1,
            "security": "ssl",
            "username": "u",
            "sealed_password": "-",
        }
        yield MailServer(**own, **server, checked_at=account.created_at, failure_code=code)


def judge(row, moment):
    account = row.account
    problems = {server.leg: server.failure_code for server in account.servers}
    return judge_status(
        InboxFacts(
            now=moment.now,
            timezone=ZONE,
            connection_state=ConnectionState(account.connection_state),
            sending_problem=problems.get(Leg.SMTP),
            replies_problem=problems.get(Leg.IMAP),
            domain_name=account.domain.name,
            domain_pause_reason=account.domain.pause_reason,
            server_pause_reason=account.server_pause_reason,
            is_active=account.is_active,
            is_active_changed_at=None,
            is_active_changed_by=None,
            cooldown_until=account.cooldown_until,
            cooldown_kind=None,
            waits_for_owner=account.needs_acknowledgement,
            hold_state=HoldState(account.hold_state),
            rates="",
            sent_today=row.sent_today,
            todays_limit=account.todays_limit,
            current_stage=account.current_stage,
            score=None,
            restriction=Restriction(account.restriction),
        )
    ).key


def read(workspace_id, moment, status=""):
    wanted, everything = AccountFilter(status=status), Paging(per_page=FLEET)
    return list_accounts(db.session(), workspace_id, wanted, paging=everything, moment=moment)


def test_list_order_filter_and_counts_agree_with_the_rule(acme):
    moment = Moment(now(), local_day(now(), ZONE))
    make_fleet(acme, moment, random.Random(4))

    rows, total = read(acme, moment)
    judged = {row.account.id: judge(row, moment) for row in rows}
    counted = {key: list(judged.values()).count(key) for key in StatusKey}

    assert total == len(judged) == FLEET
    assert min(counted.values()) > 0, "the fleet must have every state"
    assert [judged[row.account.id] for row in rows] == sorted(judged.values(), key=list(StatusKey).index)
    assert count_by_status(db.session(), acme, moment) == counted
    for key in StatusKey:
        found, matching = read(acme, moment, status=key)
        assert matching == len(found) == counted[key]
        assert {judged[row.account.id] for row in found} == {key}


def test_within_a_state_the_least_healthy_comes_first_and_the_unknown_last(acme):
    moment = Moment(now(), local_day(now(), ZONE))
    make_fleet(acme, moment, random.Random(5))

    for key in StatusKey:
        scores = [row.account.overall_score for row in read(acme, moment, status=key)[0]]
        assert scores == sorted(scores, key=lambda score: 101 if score is None else score)


def test_a_day_that_has_ended_in_the_workspaces_zone_does_not_count(acme):
    moment = Moment(now(), local_day(now(), ZONE))
    make_fleet(acme, moment, random.Random(6))
    tomorrow = Moment(moment.now, moment.day + timedelta(days=1))

    rows, _ = read(acme, tomorrow)
    assert {row.sent_today for row in rows} == {0}
    done = [row.account.daily_send_limit for row in read(acme, tomorrow, status=StatusKey.DONE_FOR_TODAY)[0]]
    assert set(done) == {0}


def test_every_account_falls_on_one_line_even_when_columns_are_missing(acme):
    moment = Moment(now(), local_day(now(), ZONE))
    make_fleet(acme, moment, random.Random(7))
    with transaction() as session:
        session.execute(sa.delete(MailServer))
        session.execute(sa.delete(InboxDay))

    assert sum(count_by_status(db.session(), acme, moment).values()) == FLEET
