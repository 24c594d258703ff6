"""Checking a domain from its page: asked for, followed, and what every inbox of the domain then says."""

import re

import pytest

from nimbus.models import AuditEvent, DomainHealth, EmailAccountHealth
from nimbus.services.review_inboxes import review_inboxes
from tests.services.domains.zone import GOOD, hear, publish, seen
from tests.web.reading import same_part, words

PAGE = "/domains/acme.test"
DBL = "acme.test.dbl.spamhaus.org"


def is_polled(html):
    return 'hx-trigger="every' in html or '<meta http-equiv="refresh"' in html


def test_check_again_is_followed_to_its_end_without_a_script(alice, inboxes, zone, run_jobs, read):
    publish(zone, {"acme.test": ["MX 10 mx.acme.test."]})
    assert "Not looked at yet Check now" in words(alice.get(PAGE).text)
    asked = alice.post(f"{PAGE}/check")
    waiting = alice.get(asked.location).text

    assert is_polled(waiting)
    assert "Waiting for a background worker" in words(waiting)

    run_jobs()

    done = alice.get(PAGE).text
    assert not is_polled(done)
    assert "SPF Fails There is no SPF record" in words(done)
    assert re.search(r'id="paste-spf-value">v=spf1 include:_spf.google.com ~all<', done)
    assert [(each.action, each.actor, each.object_name) for each in read(AuditEvent)] == [
        ("domain_check_asked", "Alice", "acme.test")
    ]


def test_a_script_gets_the_part_that_goes_on_asking(alice, inboxes):
    part = alice.post(f"{PAGE}/check", htmx=True)

    assert part.text.lstrip().startswith('<div id="domain"')
    assert 'hx-trigger="every' in part.text
    assert same_part(alice.get(PAGE, htmx=True).text, alice.get(PAGE).text)


def test_a_check_that_is_under_way_says_how_far_it_is(alice, app, cast, states):
    page = alice.get("/domains/checking.example").text

    assert "2 of 6 checks have their answers: MX, DKIM" in words(page)
    assert 'hx-trigger="every 1s"' in page
    assert "Check again" not in words(page)


def test_check_all_asks_for_every_domain_that_has_inboxes(alice, inboxes, run_jobs, read):
    answer = alice.post("/domains/check", follow=True)
    assert "2 domains are being checked." in words(answer.text)

    run_jobs()

    assert "being checked" not in words(alice.get("/domains").text)
    assert all(each.checked_at for each in read(DomainHealth))
    assert [(each.action, each.details) for each in read(AuditEvent)] == [
        ("domain_checks_asked", {"domains": 2})
    ]


def test_without_a_domain_there_is_nothing_to_check(alice):
    assert "There is no domain to check yet." in words(alice.post("/domains/check", follow=True).text)


@pytest.mark.claim("C52")
def test_all_inboxes_of_a_domain_show_its_dns_its_listing_and_its_reputation(
    alice, app, cast, inboxes, zone, check
):
    publish(zone, {"_dmarc.acme.test": [], "acme.test.multi.surbl.org": ["A 127.0.0.64"]})
    check()
    with app.app_context():
        review_inboxes(cast.alice.workspace_id, only_dirty=False)
    ava, bob, cy = (words(alice.get(url).text) for url in inboxes)

    for page in (ava, bob):
        assert "Domain acme.test Needs attention There is no DMARC record Health 71" in page
        assert "At most 60 : Listed on SURBL" in page
        assert "Sending domain DNS" in page or "71" in page
    assert "Domain other.test Not checked yet" in cy
    assert "SURBL" not in cy


@pytest.mark.claim("C53")
@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({DBL: ["A 127.0.1.2"]}, "Listed on Spamhaus DBL"),
        ({"acme.test": ["MX 0 ."]}, "No reply can arrive (MX)"),
    ],
)
def test_a_problem_of_a_domain_pauses_all_its_inboxes_until_it_is_gone(
    alice, inboxes, zone, check, read, broken, reason
):
    publish(zone, broken)
    assert "Paused" not in words(check())
    check(11)
    held = [words(alice.get(url).text) for url in inboxes]
    assert [f"{reason} on acme.test Open domain" in page for page in held] == [True, True, False]
    assert [f"Cold outreach: no acme.test is paused: {reason}" in page for page in held] == [
        True,
        True,
        False,
    ]
    assert {account.is_active for account in read(EmailAccountHealth)} == {True}

    publish(zone, {name: [] for name in broken} | {"acme.test": GOOD["acme.test"]})
    for _ in range(2):
        assert [reason in words(alice.get(url).text) for url in inboxes] == [True, True, False]
        check(61)
    assert ["Domain paused" in words(alice.get(url).text) for url in inboxes] == [False] * 3


@pytest.mark.claim("C53", partly=True)
def test_mail_that_failed_dmarc_pauses_every_inbox_and_the_page_says_what_ends_it(
    alice, app, inboxes, check, read
):
    domain = next(each.id for each in read(DomainHealth) if each.name == "acme.test")
    with app.app_context():
        hear(domain, *[seen("fail")] * 3)
    page = words(check())

    assert "DMARC alignment fails , found just now . It ends by itself when two checks" in page
    held = ["DMARC alignment fails on acme.test" in words(alice.get(url).text) for url in inboxes]
    assert held == [True, True, False]


def test_an_answer_of_a_hostile_name_server_is_shown_as_text(alice, inboxes, zone, check):
    nasty = 'TXT "v=spf1 <script>alert(1)</script> ~all"'
    publish(zone, {"acme.test": ["MX 10 mx.acme.test.", nasty], DBL: ["A 127.0.1.2"]})
    page = check()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_who_asks_too_often_is_asked_to_wait(alice, inboxes):
    answers = [alice.post(f"{PAGE}/check", htmx=True).status_code for _ in range(31)]

    assert answers == [200] * 30 + [429]
