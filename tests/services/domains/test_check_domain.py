"""Checking sending domains: what is kept, what inboxes get of it, and what silence does: nothing."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import (
    DomainCheck,
    DomainListing,
    EmailAccountHealth,
    InboxHealthState,
)
from nimbus.services.review_inboxes import review_inboxes
from tests.factories import make_email_account
from tests.services.domains.zone import hear, kinds, publish, seen, verdicts


def test_a_good_domain_gets_its_verdicts_and_its_score(check, domain):
    row = check()

    assert (row.score, row.pause_reason, row.organisation, row.has_both, row.has_dmarc) == (
        100,
        None,
        "acme.test",
        True,
        True,
    )
    assert {verdict for verdict, code in verdicts(domain).values() if code != "not_own"} == {"pass"}
    assert timedelta(hours=6) <= row.next_check_at - row.checked_at <= timedelta(hours=6.6)
    assert (row.check_lease_until, row.check_progress, kinds(domain)) == (None, None, [])


def test_the_domain_s_score_is_part_of_each_inbox_s(check, acme, domain, zone):
    publish(zone, {"_dmarc.acme.test": []})
    check()
    review_inboxes(acme, only_dirty=False)
    account = db.session.scalars(sa.select(EmailAccountHealth)).one()
    parts = {part["name"]: part["score"] for part in account.score_record["parts"]}

    assert parts["domain"] == 85
    assert "NO_DMARC" in [cap["code"] for cap in account.score_record["caps"]]


@pytest.mark.parametrize("fault", ["servfail", "refused"])
def test_a_silent_name_server_changes_nothing_for_a_day_and_pauses_never(check, domain, zone, fault):
    check()
    zone.fail(".", fault)
    row = check(23 * 60)
    checks = {row.kind: row for row in db.session.scalars(sa.select(DomainCheck))}

    assert (row.score, row.pause_reason) == (100, None)
    assert (checks["spf"].verdict, checks["spf"].is_silent) == ("pass", True)
    assert checks["spf"].checked_at - checks["spf"].found_at >= timedelta(hours=23)
    row = check(61)
    assert (row.score, row.pause_reason, verdicts(domain)["spf"][0]) == (None, None, "unknown")


def test_a_list_that_complains_or_lies_lists_nobody(check, domain, zone):
    publish(
        zone,
        {
            "acme.test.dbl.spamhaus.org": ["A 127.255.255.254"],
            "acme.test.multi.surbl.org": ["A 198.51.100.1"],
            "acme.test.multi.uribl.com": ["A 127.0.0.2"],
            "invalid.multi.uribl.com": ["A 127.0.0.2"],  # as whoever answers everything
        },
    )
    check()

    assert check(11).pause_reason is None
    assert db.session.scalars(sa.select(DomainListing)).all() == []
    row = db.session.get(DomainCheck, (domain, "lists"))
    assert (row.verdict, row.code) == ("unknown", "no_answer")
    assert [text.rpartition("(")[2] for text in row.found] == [
        "127.255.255.254)",
        "198.51.100.1)",
        "127.0.0.2)",
    ]


def test_an_observation_counts_once_and_names_the_selector_to_ask_for(check, domain, zone):
    publish(zone, {"google._domainkey.acme.test": []})
    hear(domain, seen("pass", aligned=True))
    hear(domain, seen("fail"))
    check()

    assert verdicts(domain)["dkim"] == ("fail", "not_published")


def test_a_change_of_what_inboxes_share_has_them_judged_anew(check, acme, zone):
    check()
    review_inboxes(acme)
    assert not db.session.scalars(sa.select(InboxHealthState.dirty_at)).one()
    publish(zone, {"_dmarc.acme.test": []})
    check(1)

    assert db.session.scalars(sa.select(InboxHealthState.dirty_at)).one()


def test_hostile_records_are_kept_short_and_break_nothing(check, domain, zone):
    long = " ".join(['"v=DMARC1; p=<b>"', *['"' + "x" * 250 + '"'] * 4])
    publish(
        zone,
        {"acme.test": [f'TXT "v=spf1 <script>{n}"' for n in range(25)], "_dmarc.acme.test": [f"TXT {long}"]},
    )
    check()
    spf, dmarc = (db.session.get(DomainCheck, (domain, kind)) for kind in ("spf", "dmarc"))

    assert (spf.verdict, len(spf.found)) == ("fail", 20)
    assert (dmarc.verdict, len(dmarc.found[0])) == ("fail", 1000)


def test_a_mail_server_of_the_domain_s_own_is_checked_with_its_address(check, acme, domain, zone):
    make_email_account(acme, "bob@acme.test")  # over smtp.acme.test
    records = {"smtp.acme.test": ["A 8.8.8.8"], "8.8.8.8.in-addr.arpa": ["PTR smtp.acme.test."]}
    publish(zone, records | {"8.8.8.8.zen.spamhaus.org": ["A 127.0.0.3"]})
    row = check()
    listing = db.session.scalars(sa.select(DomainListing)).one()

    assert (row.own_addresses, row.listed_on) == (["8.8.8.8"], None)
    assert (verdicts(domain)["ptr"], verdicts(domain)["spf"]) == (
        ("pass", "confirmed"),
        ("warn", "path_missing"),
    )
    assert (listing.subject, listing.severity) == ("8.8.8.8", 4)
    assert check(11).pause_reason is None  # an address pauses no domain
