"""What pages read of sending domains: their workspace's, worst first, and nobody else's."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import DomainCheck, DomainEvent, DomainListing
from nimbus.services.check_domain import LEASE
from nimbus.services.domain_pages import EVENTS_SHOWN, list_domains, read_domain
from nimbus.services.pause_domain import NoSuchDomain
from tests.factories import make_domain, make_email_account, make_workspace


@pytest.fixture
def domain(acme):
    make_email_account(acme, "ava@acme.test")
    return make_domain(acme, "acme.test", checked_at=now(), own_addresses=["192.0.2.1"])


def add(table, acme, domain, **values):
    with transaction() as session:
        session.execute(sa.insert(table).values(workspace_id=acme, domain_id=domain, **values))


def add_check(acme, domain, kind, verdict):
    said = {"code": "x", "sentence": f"{kind} {verdict}", "expected": "", "found": ["a"], "applies": True}
    times = {"found_at": now(), "checked_at": now(), "is_silent": False}
    add(DomainCheck, acme, domain, kind=kind, verdict=verdict, **said, **times)


def test_domains_are_listed_worst_first_with_their_inboxes(acme, domain):
    make_email_account(acme, "bob@acme.test")
    make_email_account(acme, "ava@paused.test")
    make_domain(acme, "paused.test", pause_reason="DMARC alignment fails", paused_at=now())
    make_domain(acme, "empty.test")
    make_email_account(make_workspace("Zenith"), "zoe@zenith.test")
    add_check(acme, domain, "spf", "warn")
    lines = list_domains(db.session(), acme, now())

    assert [(line.domain.name, line.status.word, line.inboxes) for line in lines] == [
        ("paused.test", "Paused", 1),
        ("acme.test", "Good", 2),
    ]


def test_a_domain_shows_its_checks_in_order_its_reasons_and_its_history(acme, domain):
    add_check(acme, domain, "dmarc", "pass")
    add_check(acme, domain, "mx", "fail")
    held = [now().isoformat(), now().isoformat(), None]
    make_domain(acme, "acme.test", pause_memory={"mx_dead": held}, pause_reason="No reply can arrive (MX)")
    for n in range(3):
        add(DomainEvent, acme, domain, at=now(), kind="pause", tone="bad", sentence=f"Event {n}")
    page = read_domain(db.session(), acme, "acme.test", now())

    assert [check.result.check for check in page.checks] == ["mx", "dmarc"]
    assert [event.sentence for event in page.events] == ["Event 2", "Event 1", "Event 0"]
    assert page.reasons[0].clears_when == "two checks at least ten minutes apart pass"
    assert (page.line.inboxes, page.troubled, page.older, page.progress) == (1, 0, None, None)


def test_a_long_history_goes_on_on_another_page(acme, domain):
    for n in range(EVENTS_SHOWN + 2):
        add(DomainEvent, acme, domain, at=now(), kind="check_mx", tone="ok", sentence=f"Event {n}")
    newest = read_domain(db.session(), acme, "acme.test", now())
    oldest = read_domain(db.session(), acme, "acme.test", now(), before=newest.older)

    assert newest.events[-1].sentence == "Event 2"
    assert [event.sentence for event in oldest.events] == ["Event 1", "Event 0"]
    assert oldest.older is None


def test_a_reason_that_somebody_set_aside_is_still_shown(acme, domain):
    held = {"dmarc_alignment": [now().isoformat()] * 2 + [None], "mx_dead": [now().isoformat(), None, None]}
    later = now() + timedelta(hours=1)
    make_domain(acme, "acme.test", pause_memory=held, override_until=later, override_by="Alice")
    page = read_domain(db.session(), acme, "acme.test", now())

    assert (page.line.status.word, [each.code for each in page.reasons]) == (
        "Sends anyway",
        ["dmarc_alignment"],
    )


def test_a_check_is_pending_from_when_it_is_due_until_its_lease_ends(acme, domain, clock):
    def is_pending():
        return read_domain(db.session(), acme, "acme.test", now()).line.is_pending

    assert is_pending()
    make_domain(acme, "acme.test", next_check_at=now() + timedelta(hours=6))
    assert not is_pending()
    make_domain(acme, "acme.test", check_lease_until=now() + LEASE)
    assert is_pending()
    clock.advance(minutes=7)
    assert not is_pending()
    make_domain(acme, "acme.test", next_check_at=now(), is_public_provider=True)
    assert not is_pending()


def test_open_listings_are_shown_worst_first_with_where_to_ask(acme, domain):
    seen = {"subject": "acme.test", "words": "bad", "raw": ["127.0.0.2"], "first_at": now(), "last_at": now()}
    add(DomainListing, acme, domain, list_key="uribl", severity=1, **seen)
    add(DomainListing, acme, domain, list_key="surbl", severity=3, **seen)
    add(DomainListing, acme, domain, list_key="spamhaus_dbl", severity=4, cleared_at=now(), **seen)
    listings = read_domain(db.session(), acme, "acme.test", now()).listings

    assert [(each.list_name, each.severity.word) for each in listings] == [
        ("SURBL", "high"),
        ("URIBL", "low"),
    ]
    assert listings[0].delisting.startswith("https://")


def test_neighbours_at_one_address_are_named(acme, domain):
    make_domain(acme, "loud.test", own_addresses=["192.0.2.1", "192.0.2.9"], listed_on="SURBL")
    make_domain(acme, "far.test", own_addresses=["192.0.2.9"])
    [neighbour] = read_domain(db.session(), acme, "acme.test", now()).neighbours

    assert (neighbour.name, neighbour.address, neighbour.is_in_trouble) == ("loud.test", "192.0.2.1", True)


def test_progress_is_shown_while_a_check_holds_its_lease(acme, domain, clock):
    make_domain(acme, "acme.test", check_lease_until=now() + LEASE, check_progress=["mx", "dkim"])
    assert read_domain(db.session(), acme, "acme.test", now()).progress == ["mx", "dkim"]
    clock.advance(minutes=7)
    assert read_domain(db.session(), acme, "acme.test", now()).progress is None


def test_another_workspace_s_domain_is_not_there(acme, domain):
    other = make_workspace("Zenith")

    with pytest.raises(NoSuchDomain):
        read_domain(db.session(), other, "acme.test", now())
