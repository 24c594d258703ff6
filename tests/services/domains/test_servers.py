"""Mail servers of one's own: their addresses on blocklists, and who waits for that. Their domain goes on."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import DomainCheck, DomainHealth, EmailAccountHealth, HealthEvent, Send
from nimbus.services.check_domain import check_due
from nimbus.services.review_inboxes import review_inboxes
from nimbus.services.send_ledger import claim_next
from tests.factories import make_domain, make_email_account, reload
from tests.services.domains.zone import publish
from tests.services.sends import queue

SERVER = {"smtp.acme.test": ["A 8.8.8.8"], "8.8.8.8.in-addr.arpa": ["PTR smtp.acme.test."]}
LISTED, CLEAN = ({"8.8.8.8.zen.spamhaus.org": answer} for answer in (["A 127.0.0.2"], []))
REASON = "8.8.8.8, an address of its mail server, is listed on Spamhaus ZEN; others who send from it may be the cause"


@pytest.fixture
def bob(acme, domain, zone):
    """bob@acme.test sends over smtp.acme.test; ava@acme.test over Google."""
    publish(zone, SERVER)
    return make_email_account(acme, "bob@acme.test", overall_score=90)


def reasons():
    db.session.rollback()
    query = sa.select(EmailAccountHealth.server_pause_reason).order_by(EmailAccountHealth.email)
    return db.session.scalars(query).all()


def told(account_id):
    query = sa.select(HealthEvent.sentence).where(
        HealthEvent.account_id == account_id, HealthEvent.kind == "server"
    )
    return db.session.scalars(query.order_by(HealthEvent.id)).all()


def test_a_listed_address_pauses_the_inboxes_behind_it_and_not_the_domain(acme, check, zone, bob):
    publish(zone, LISTED)
    assert check().pause_reason is None
    assert reasons() == [None, None]
    assert check(11).pause_reason is None
    assert reasons() == [None, REASON]
    [send] = queue(acme, bob)
    assert claim_next(acme, bob, "w") is None
    assert reload(Send, send).reason == f"bob@acme.test waits: {REASON}."

    publish(zone, CLEAN)
    check(11), check(61)
    assert reasons() == [None, None]
    assert told(bob) == [f"It waits: {REASON}", "Its mail server is off the blocklists; it sends again"]
    assert reload(EmailAccountHealth, bob).is_active


def test_only_the_inboxes_behind_a_listed_address_lose_score(acme, check, zone, bob):
    publish(zone, LISTED)
    check()
    review_inboxes(acme)
    caps = {
        account.email: [cap["code"] for cap in account.score_record["caps"]]
        for account in db.session.scalars(sa.select(EmailAccountHealth))
    }

    assert caps == {"ava@acme.test": [], "bob@acme.test": ["LISTED_HIGH"]}


def test_silence_about_a_mail_server_ends_nobody_s_pause(check, zone, bob):
    publish(zone, LISTED)
    check(), check(11)
    zone.fail("smtp.acme.test", "servfail")
    row = check(11)

    assert (reasons()[1], row.own_addresses) == (REASON, ["8.8.8.8"])


def test_a_first_look_at_what_would_pause_is_followed_soon_by_the_second(check, zone, bob):
    publish(zone, {"acme.test.dbl.spamhaus.org": ["A 127.0.1.2"]})
    row = check()

    assert (row.next_check_at - row.checked_at).total_seconds() == 11 * 60


def test_a_client_s_domain_that_sends_over_the_agency_s_server_shares_its_address(acme, zone, bob):
    make_email_account(acme, "cy@client.test")  # over smtp.acme.test too
    publish(zone, {"client.test": ["MX 10 mx.acme.test."]})
    client = make_domain(acme, "client.test")
    check_due(float("inf"))

    assert reload(DomainHealth, client).own_addresses == ["8.8.8.8"]


def test_names_of_addresses_are_asked_for_once_a_day_unless_somebody_watches(zone, check, bob, domain, clock):
    asked = ("8.8.8.8.in-addr.arpa.", "PTR")
    check()
    found_at = reload(DomainCheck, domain, "ptr").found_at
    zone.queries.clear()
    clock.advance(hours=8)
    assert check_due(float("inf")) == 1
    assert (asked in zone.queries, reload(DomainCheck, domain, "ptr").found_at) == (False, found_at)
    assert reload(DomainCheck, domain, "spf").found_at > found_at
    check(1)
    assert asked in zone.queries
    zone.queries.clear()
    clock.advance(hours=25)
    check_due(float("inf"))
    assert asked in zone.queries


def test_an_inbox_that_moves_to_another_server_is_free(acme, check, zone, bob):
    publish(zone, LISTED | {"new.acme.test": ["A 9.9.9.9"]})
    check(), check(11)
    with transaction() as session:
        session.execute(sa.text("UPDATE mail_server SET host = 'new.acme.test' WHERE leg = 'smtp'"))
    check(1)

    assert reasons() == [None, None]
