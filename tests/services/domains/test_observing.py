"""What Google wrote above a domain's own test message is evidence of its alignment, once for each message."""

import time

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import ConnectionTest, DomainHealth, DomainObservation
from nimbus.services.check_domain import check_due
from nimbus.services.verify_connection import run
from tests.factories import mail_settings, make_connection_test, make_domain, reload
from tests.servers.faults import ScriptedImap, ScriptedSmtp
from tests.services.domains.zone import publish

TOKEN = f"X-NimbusOS-Test: {'0' * 32}.{'0' * 32}\r\n"
PASSED = "dkim=pass header.i=@acme.test header.s=mail; spf=pass; dmarc=pass (p=REJECT) header.from=acme.test"
FAILED = "dkim=none; spf=softfail smtp.mailfrom=ava@acme.test; dmarc=fail (p=NONE) header.from=acme.test"


@pytest.fixture
def servers(zone):
    """Google's servers, as far as a connection test talks to them."""
    publish(zone, {f"{leg}.gmail.com": ["A 127.0.0.1"] for leg in ("smtp", "imap")})
    with ScriptedSmtp() as smtp, ScriptedImap() as imap:
        yield smtp, imap


@pytest.fixture
def try_inbox(ada, servers):
    """Test ava@acme.test, above whose test message stands this; the id of her domain."""
    acme, user = ada
    smtp, imap = servers

    def test(*results, imap_host="imap.gmail.com"):
        header = "".join(
            [*(f"Authentication-Results: {each}\r\n" for each in results), TOKEN, "\r\n"]
        ).encode()
        found = b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (X)] {%d}\n%s)\nTAG OK Done" % (len(header), header)
        imap.replies = {"SEARCH": b"* SEARCH 1\nTAG OK Done", "FETCH": found}
        open_ = {"smtp_security": "none", "imap_security": "none"}
        settings = mail_settings(
            smtp_host="smtp.gmail.com", imap_host=imap_host, smtp_port=smtp.port, imap_port=imap.port, **open_
        )
        test_id = make_connection_test(acme, user, settings=settings.as_dict())
        run(acme, test_id)
        assert reload(ConnectionTest, test_id).state == "passed"
        return make_domain(acme, "acme.test")

    return test


@pytest.fixture
def check_row(zone):
    """What is known of a domain after everything that is due was checked."""

    def run_due(domain):
        check_due(time.monotonic() + 30)
        return reload(DomainHealth, domain)

    return run_due


def observed():
    db.session.rollback()
    rows = db.session.scalars(sa.select(DomainObservation).order_by(DomainObservation.id))
    return [(row.dmarc, row.has_aligned_dkim, row.selector, row.is_direct) for row in rows]


def test_the_topmost_header_of_the_test_message_is_kept(try_inbox):
    try_inbox(f"mx.google.com; {PASSED}", f"mx.google.com; {FAILED}")

    assert observed() == [("pass", True, "mail", True)]


@pytest.mark.parametrize(
    "results",
    [
        [],
        [f"mx.evil.test; {FAILED}", f"mx.google.com; {FAILED}"],
        ["mx.google.com; dkim=none; dmarc=none header.from=acme.test"],
        [f"mx.google.com; {FAILED.replace('acme.test', 'other.test')}"],
        ["mx.google.com"],
    ],
)
def test_what_another_server_wrote_or_google_did_not_judge_is_no_evidence(try_inbox, results):
    try_inbox(*results)

    assert observed() == []


def test_a_mail_server_of_ones_own_is_no_judge_of_its_own_mail(try_inbox, zone):
    publish(zone, {"imap.acme.test": ["A 127.0.0.1"]})
    try_inbox(f"mx.google.com; {FAILED}", imap_host="imap.acme.test")

    assert observed() == []


@pytest.mark.claim("C53", partly=True)
def test_three_test_messages_that_fail_where_they_arrive_pause_the_domain(try_inbox, check_row):
    paused = []
    for _ in range(3):
        domain = try_inbox(f"mx.google.com; {FAILED}")
        paused.append(check_row(domain).pause_reason)

    assert paused == [None, None, "DMARC alignment fails"]
