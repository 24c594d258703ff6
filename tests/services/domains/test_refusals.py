"""Receivers that refuse a domain's mail because nothing vouches for it: its domain is looked at at once, and pauses."""

import time

import pytest

from nimbus.clock import now
from nimbus.models import DomainHealth
from nimbus.services.check_domain import check_due, check_now
from nimbus.services.send_messages import serve_inbox
from tests.factories import make_domain, reload
from tests.servers.faults import ScriptedSmtp
from tests.services.domains.zone import publish
from tests.services.posting import make_inbox, queue

FOR_GOOD = b"550 5.7.26 This mail has been blocked because the sender is unauthenticated."
FOR_NOW = b"421 4.7.32 The From address is not aligned with either SPF or DKIM."


@pytest.fixture
def smtp():
    with ScriptedSmtp({}) as server:
        yield server


@pytest.fixture
def domain(acme, zone, smtp):
    """acme.test with an inbox of its own mail server, which no look-up leads to, checked a minute ago."""
    publish(zone, {"example.org": ["MX 10 mx.acme.test."]})
    make_inbox(acme, smtp.port)
    domain_id = make_domain(acme, "acme.test")
    assert check_due(time.monotonic() + 30) == 1
    return domain_id


@pytest.fixture
def refuse(app, acme, domain, smtp):
    """Somebody refuses a message with this answer; what is known of the domain after what is due was checked."""

    def run(answer, recipient, inbox):
        queue(acme, inbox, recipient=recipient)
        smtp.replies["MESSAGE"] = answer
        serve_inbox(acme, inbox)
        assert reload(DomainHealth, domain).next_check_at <= now()
        app.extensions.pop("nimbus.dns_memory")  # the minutes between two checks are none to it
        check_due(time.monotonic() + 30)
        return reload(DomainHealth, domain)

    return run


def test_two_recipients_who_refuse_for_missing_authentication_pause_at_once(acme, smtp, refuse):
    first, second = (make_inbox(acme, smtp.port, f"{name}@acme.test") for name in ("bob", "eve"))

    assert refuse(FOR_NOW, "ann@example.org", first).pause_reason is None
    row = refuse(FOR_GOOD, "bo@example.org", second)

    assert row.pause_codes == ["send_blocked"]
    assert row.pause_reason == "Receivers refuse the mail for missing authentication"


def test_one_recipient_who_refuses_twice_pauses_nobody(acme, smtp, refuse):
    inbox = make_inbox(acme, smtp.port, "bob@acme.test")
    refuse(FOR_GOOD, "ann@example.org", inbox)

    assert refuse(FOR_GOOD, "ann@example.org", inbox).pause_reason is None


def test_a_pause_for_refusals_ends_after_a_day_and_two_good_looks(acme, domain, smtp, refuse, clock):
    inbox = make_inbox(acme, smtp.port, "bob@acme.test")
    refuse(FOR_GOOD, "ann@example.org", inbox)
    refuse(FOR_GOOD, "bo@example.org", inbox)
    paused = []
    for hours in (12, 12.5, 0.5):
        clock.advance(hours=hours)
        check_now(acme, domain)
        paused.append(reload(DomainHealth, domain).pause_reason is not None)

    assert paused == [True, True, False]


def test_a_refusal_without_any_spf_says_that_nothing_vouches_for_the_mail(zone, refuse, acme, smtp, clock):
    publish(zone, {"acme.test": ["MX 10 mx.acme.test."], "google._domainkey.acme.test": []})
    inbox = make_inbox(acme, smtp.port, "bob@acme.test")
    assert refuse(FOR_GOOD, "ann@example.org", inbox).pause_reason is None
    clock.advance(minutes=11)

    assert refuse(FOR_GOOD, "ann@example.org", inbox).pause_codes == ["no_auth"]
