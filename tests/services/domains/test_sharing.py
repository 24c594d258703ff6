"""What all inboxes of a domain share: its score, its listings, its reputation, and its pause. Each keeps its own switch."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    CampaignContact,
    DomainHealth,
    DomainObservation,
    DomainSpamDay,
    EmailAccountHealth,
    HealthEvent,
    Send,
)
from nimbus.services.explain_campaign import explain
from nimbus.services.forget_history import forget_history
from nimbus.services.review_inboxes import review_inboxes
from nimbus.services.run_batch import run_batch
from nimbus.services.send_ledger import claim_next
from nimbus.services.spam_rates import keep_spam_rates
from tests.factories import reload
from tests.services.campaigning import change, make_campaign, make_pool
from tests.services.domains.zone import hear, kinds, publish, seen
from tests.services.sends import queue

LISTED = {"acme.test.dbl.spamhaus.org": ["A 127.0.1.2"]}
CLEAN = {"acme.test.dbl.spamhaus.org": []}
PAUSED = "acme.test is paused: Listed on Spamhaus DBL; all its inboxes wait."


@pytest.fixture
def pool(acme, domain):
    """Three more inboxes of acme.test, which could send 50 cold mails today; somebody has switched the last one off."""
    inboxes = make_pool(acme, 3, provider="gmail")
    change(EmailAccountHealth, EmailAccountHealth.id == inboxes[-1], is_active=False)
    return inboxes


@pytest.fixture
def look(acme, check):
    """Check the domain after so many minutes, and judge the inboxes that this concerns; gives the domain's row."""

    def run(minutes=0):
        check(minutes)
        review_inboxes(acme)
        return db.session.scalars(sa.select(DomainHealth).execution_options(populate_existing=True)).one()

    return run


def inboxes(column):
    db.session.rollback()
    return db.session.scalars(sa.select(column).order_by(EmailAccountHealth.id)).all()


def scores_told(account_id):
    rows = db.session.query(HealthEvent).filter_by(account_id=account_id, kind="score")
    return [(row.before, row.after, row.cause) for row in rows.order_by(HealthEvent.id)]


@pytest.mark.claim("C53")
def test_a_blocklisting_stops_campaign_and_warmup_mail_of_every_inbox_and_ends_by_itself(
    acme, look, zone, pool
):
    publish(zone, LISTED)
    look(), look(11)
    switches = inboxes(EmailAccountHealth.is_active)
    for inbox in pool:
        queued = [queue(acme, inbox, kind=kind)[0] for kind in ("campaign", "warmup")]
        assert claim_next(acme, inbox, "w") is None
        assert {reload(Send, each).reason for each in queued[inbox == pool[-1] :]} == {PAUSED}
    by_hand = queue(acme, pool[0], kind="manual")
    assert claim_next(acme, pool[0], "w").id == by_hand[0]

    publish(zone, CLEAN)
    assert look(11).pause_reason is not None
    assert look(61).pause_reason is None
    assert inboxes(EmailAccountHealth.is_active) == switches == [True, True, True, False]
    assert claim_next(acme, pool[1], "w") is not None


def test_the_campaign_the_inbox_and_the_domain_say_the_same_cause_and_the_campaign_wakes(
    acme, look, zone, pool
):
    campaign = make_campaign(acme, pool, 1)
    publish(zone, LISTED)
    look(), look(11)
    run_batch(acme, campaign)
    told = {
        check.sentence for each in explain(acme, campaign).judged for check in each.checks if not check.passes
    }
    assert PAUSED in told
    assert reload(EmailAccountHealth, pool[0]).score_record["caps"][0]["text"].endswith("Spamhaus DBL")

    publish(zone, CLEAN)
    change(CampaignContact, due_at=now() + timedelta(hours=6))
    look(11), look(61)
    assert db.session.scalars(sa.select(CampaignContact.due_at)).one() <= now()
    run_batch(acme, campaign)
    assert db.session.scalars(sa.select(Send.state).where(Send.campaign_id == campaign)).one() == "queued"


def test_the_first_day_after_a_pause_is_a_slow_one(acme, look, zone, pool, at):
    at("2026-03-02T06:00:00")
    publish(zone, LISTED)
    look(), look(11)
    publish(zone, CLEAN)
    look(11), look(61)

    assert inboxes(EmailAccountHealth.effective_limit)[1:3] == [37, 37]  # three quarters of fifty
    look(24 * 60)
    assert inboxes(EmailAccountHealth.effective_limit)[1:3] == [50, 50]


@pytest.mark.claim("C52")
def test_all_inboxes_share_dns_health_listings_and_reputation_of_their_domain(acme, look, zone, pool):
    look()
    before = inboxes(EmailAccountHealth.overall_score)
    publish(zone, {"_dmarc.acme.test": [], "acme.test.multi.surbl.org": ["A 127.0.0.64"]})
    with transaction() as session:
        domain = session.scalars(sa.select(DomainHealth)).one()
        keep_spam_rates(session, domain, {now().date(): 0.004})
    look(1)

    assert all(score > 70 for score in before)
    assert set(inboxes(EmailAccountHealth.overall_score)) == {50}
    for record in inboxes(EmailAccountHealth.score_record):
        assert {"NO_DMARC", "LISTED_HIGH", "POSTMASTER_SPAM"} <= {cap["code"] for cap in record["caps"]}
        assert {part["name"]: part["score"] for part in record["parts"]}["domain"] == 71
    assert scores_told(pool[0])[-1] == (f"{before[1]:.0f}", "50", "Gmail's spam rate was 0.40 %")


def test_a_spam_rate_of_two_days_in_three_pauses_until_seven_good_ones(check, domain):
    def report(rates, first):
        with transaction() as session:
            row = session.get_one(DomainHealth, domain)
            keep_spam_rates(session, row, {first + timedelta(n): rate for n, rate in enumerate(rates)})
        return check(1).pause_reason

    assert report([0.004, 0.001, 0.002], date(2026, 11, 1)) is None
    assert report([0.003, 0.003], date(2026, 11, 3)) == "Gmail's spam rate is 0.3 % or more"
    assert report([0.001] * 6, date(2026, 11, 5)) is not None
    assert report([0.002], date(2026, 11, 11)) is None


def test_old_evidence_is_forgotten(domain, clock):
    hear(domain, seen("fail"))
    with transaction() as session:
        keep_spam_rates(session, session.get_one(DomainHealth, domain), {now().date(): 0.001})
    left = []
    for days in (80, 20, 310):
        clock.advance(days=days)
        forget_history()
        left.append([db.session.query(table).count() for table in (DomainObservation, DomainSpamDay)])

    assert left == [[1, 1], [0, 1], [0, 0]]


def test_many_inboxes_in_trouble_are_told_as_soon_as_they_are_judged(acme, check, domain, pool):
    check()
    change(EmailAccountHealth, EmailAccountHealth.id.in_(pool[:2]), connection_state="auth_failed")
    review_inboxes(acme)

    row = reload(DomainHealth, domain)
    assert (row.has_troubled_inboxes, row.pause_reason, kinds(domain)) == (True, None, ["inboxes"])
    change(EmailAccountHealth, connection_state="ok")
    review_inboxes(acme)
    assert not reload(DomainHealth, domain).has_troubled_inboxes
