"""What pauses a sending domain with all its inboxes, and how it goes on by itself or by a person."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    DomainHealth,
    DomainListing,
    EmailAccountHealth,
    HealthEvent,
)
from nimbus.services.pause_domain import CannotOverride, NoSuchDomain, end_override, resume_anyway
from tests.factories import make_email_account, reload
from tests.services.domains.zone import GOOD, hear, kinds, publish, seen, verdicts


def test_a_broken_domain_pauses_on_the_second_look_and_never_switches_an_inbox_off(check, acme, domain, zone):
    publish(zone, {"acme.test": ["MX 0 ."]})
    assert check().pause_reason is None
    assert check(9).pause_reason is None
    row = check(2)
    account = db.session.scalars(sa.select(EmailAccountHealth)).one()

    assert (row.pause_reason, row.pause_codes) == ("No reply can arrive (MX)", ["mx_dead"])
    assert account.is_active
    assert kinds(domain) == ["pause"]
    assert [event.sentence for event in db.session.scalars(sa.select(HealthEvent))] == [
        "acme.test is paused: No reply can arrive (MX)"
    ]


def test_a_paused_domain_resumes_by_itself_after_two_good_looks(check, domain, zone):
    publish(zone, {"acme.test": ["MX 0 ."]})
    check(), check(11)
    publish(zone, GOOD)

    assert check(11).pause_reason is not None
    row = check(11)
    assert (row.pause_reason, row.paused_at, row.pause_codes) == (None, None, [])
    assert kinds(domain)[-1] == "resume"


def test_an_inbox_that_a_person_switched_off_stays_off_after_the_resume(check, acme, zone):
    with transaction() as session:
        session.execute(sa.update(EmailAccountHealth).values(is_active=False))
    publish(zone, {"acme.test": ["MX 0 ."]})
    check(), check(11)
    publish(zone, GOOD)
    check(11), check(11)

    assert not db.session.scalars(sa.select(EmailAccountHealth.is_active)).one()


@pytest.mark.claim("C53", partly=True)
def test_a_blocklist_pauses_on_the_second_look_with_its_name_and_ends_after_two_clean_ones(
    check, domain, zone
):
    publish(zone, {"acme.test.dbl.spamhaus.org": ["A 127.0.1.2"]})
    assert check().pause_reason is None
    row = check(11)
    assert (row.pause_reason, row.pause_codes) == ("Listed on Spamhaus DBL", ["listed_critical"])
    assert db.session.scalars(sa.select(DomainListing)).one().raw == ["127.0.1.2"]

    publish(zone, {"acme.test.dbl.spamhaus.org": []})
    assert check(11).pause_reason is not None
    assert check(50).pause_reason is not None
    assert check(11).pause_reason is None
    assert [kind for kind in kinds(domain) if "list" in kind] == ["listed", "delisted"]


@pytest.mark.claim("C53", partly=True)
def test_mail_that_fails_dmarc_where_it_arrives_pauses_and_mail_that_passes_resumes(check, domain, clock):
    hear(domain, *[seen("fail")] * 3)
    row = check()
    assert (row.pause_reason, verdicts(domain)["alignment"]) == (
        "DMARC alignment fails",
        ("fail", "observed_fail"),
    )

    assert check(11).pause_reason is not None  # good records were no help before either
    clock.advance(minutes=1)
    hear(domain, seen("pass", aligned=True), first=4)
    assert check(1).pause_reason is not None
    assert check(11).pause_reason is None


def test_a_person_sets_a_pause_aside_for_a_day_and_it_comes_back(check, asker, domain, zone, clock):
    publish(zone, {"acme.test": ["MX 0 ."]})
    check(), check(11)
    resume_anyway(asker, "acme.test")
    row = reload(DomainHealth, domain)
    assert (row.pause_reason, row.override_by, row.override_until) == (None, "Ada", row.override_until)
    assert check(60).pause_reason is None

    clock.advance(hours=23)
    assert check(1).pause_reason == "No reply can arrive (MX)"


def test_an_override_can_be_taken_back_and_is_refused_for_a_blocklist(check, asker, domain, zone):
    with pytest.raises(CannotOverride, match="not paused"):
        resume_anyway(asker, "acme.test")
    publish(zone, {"acme.test": ["MX 0 ."]})
    check(), check(11)
    resume_anyway(asker, "acme.test")
    end_override(asker, "acme.test")
    assert reload(DomainHealth, domain).pause_reason is not None

    publish(zone, {"acme.test.dbl.spamhaus.org": ["A 127.0.1.4"]})
    check(), check(11)
    with pytest.raises(CannotOverride, match="blocklist"):
        resume_anyway(asker, "acme.test")
    with pytest.raises(NoSuchDomain):
        resume_anyway(asker, "other.test")


def test_half_of_a_domain_s_inboxes_in_trouble_are_a_warning_and_no_pause(check, acme, domain):
    for name in ("bob", "eve"):
        make_email_account(acme, f"{name}@acme.test", provider="gmail", legs=(), hold_state="held")
    row = check()

    assert (row.has_troubled_inboxes, row.pause_reason, kinds(domain)) == (True, None, ["inboxes"])
    with transaction() as session:
        session.execute(sa.update(EmailAccountHealth).values(hold_state="none"))
    assert not check(1).has_troubled_inboxes
