"""The page of a sending domain: what is wrong, what was expected and found, and what can be done about it."""

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import AuditEvent, DomainEvent, DomainHealth, EmailAccountHealth
from tests.browse import Page
from tests.factories import make_domain
from tests.servers.processes import wait_until
from tests.web.reading import links, same_part, words

OVERRIDE = "/domains/paused.example/override"


def page_of(browser, name):
    return words(browser.get(f"/domains/{name}.example").text)


def texts(html, prefix):
    """The texts that can be copied, by the end of their ids."""
    wanted = [attrs["id"] for tag, attrs in Page(html).tags if attrs.get("id", "").startswith(prefix)]
    return {
        each.removeprefix(prefix): words(html.partition(f'id="{each}">')[2].partition("</code>")[0])
        for each in wanted
    }


def test_a_healthy_domain_shows_every_check_with_what_was_expected_and_found(alice, states):
    page = page_of(alice, "healthy")

    assert "Healthy All checks that have an answer pass Health 100" in page
    assert "SPF Passes The SPF record names who may send for this domain Expected and found" in page
    assert "Expected v=spf1 include:_spf.google.com ~all Found v=spf1 include:_spf.google.com ~all" in page
    assert "Name of the mail server (PTR) Does not apply" in page
    assert "Found healthy.example: v=DMARC1; p=reject; rua=mailto:dmarc@healthy.example" in page
    assert "3 inboxes p0@healthy.example Ready" in page
    assert "Paused" not in page


def test_a_record_that_is_missing_or_broken_comes_with_the_one_to_publish(alice, states):
    html = alice.get("/domains/failing.example").text

    assert texts(html, "paste-spf-") == {
        "name": "failing.example",
        "value": "v=spf1 include:_spf.google.com ~all",
    }
    assert html.count("data-copy=") == 2
    assert "as a record of type TXT" in words(html)


def test_what_others_publish_is_text_and_never_markup(alice, states):
    for url in ("/domains/failing.example", "/domains"):
        html = alice.get(url).text

        assert "<script>alert" not in html
        assert "<img" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img" in html


def test_a_listed_domain_names_each_list_its_answer_and_where_to_ask(alice, states):
    page = page_of(alice, "listed")

    assert "Paused with all its inboxes since" in page
    assert (
        "Listed on Spamhaus DBL , found just now . It ends by itself when two look-ups at least an hour apart"
        in page
    )
    assert (
        "Spamhaus DBL Critical listed.example is a spam domain Its answer: 127.0.1.2 , first 15 min ago"
        in page
    )
    assert (
        "SURBL High listed.example is a domain in spam Its answer: 127.0.0.64 , first just now . Seen once"
        in page
    )
    assert "URIBL Medium" in page
    assert "https://check.spamhaus.org/" in links(alice.get("/domains/listed.example").text)


def test_silence_keeps_the_last_verdicts_and_says_how_old_they_are(alice, states):
    page = page_of(alice, "silent")

    assert "Healthy All checks that have an answer pass" in page
    assert "The name servers did not answer at the last look. Silence pauses nothing" in page
    assert "The SPF record names who may send for this domain As of 3 h ago ; it counts until" in page
    unknown = page_of(alice, "unknown")
    assert "Not known The name servers did not answer, so this is not known now" in unknown
    assert "Silence pauses nothing" not in unknown.partition("Checks")[0]


def test_inboxes_in_trouble_and_neighbours_are_a_warning_and_no_pause(alice, states):
    troubled = page_of(alice, "troubled")
    assert "3 of its 4 inboxes are in trouble" in troubled
    assert "Paused" not in troubled

    failing = page_of(alice, "failing")
    assert "Its mail server&#39;s address has neighbours" in failing
    assert "listed.example at 198.51.100.7, paused or listed now" in failing


def test_a_public_provider_s_domain_is_exempt_in_words(alice, states):
    page = words(alice.get("/domains/gmail.com").text)

    assert (
        "gmail.com is never checked and never paused, and it is left out of the health of its inboxes."
        in page
    )
    assert "Check again" not in page
    assert "MX" not in page
    refused = alice.post("/domains/gmail.com/check", follow=True)
    assert "gmail.com belongs to a public provider, so there is nothing to check." in words(refused.text)


def test_a_pause_is_set_aside_for_a_day_and_comes_back_when_it_is_wanted(alice, states, read):
    assert "No reply can arrive (MX) , found just now . It ends by itself when two checks" in page_of(
        alice, "paused"
    )
    alice.post(OVERRIDE)

    page = page_of(alice, "paused")
    assert "Sends anyway Alice set its pause aside for a day" in page
    assert "Alice lets it send until" in page
    assert "p0@paused.example Ready" in page
    alice.post(f"{OVERRIDE}/end")
    page = page_of(alice, "paused")
    assert "Paused with all its inboxes" in page
    assert "p0@paused.example Domain paused" in page
    lines = [
        (each.action, each.object_name) for each in read(AuditEvent) if each.object_name == "paused.example"
    ]
    assert lines == [("domain_resumed", "paused.example"), ("domain_pause_restored", "paused.example")]
    assert {each.is_active for each in read(EmailAccountHealth)} == {True}


def test_the_audit_log_leads_to_the_domain(alice, states):
    alice.post(OVERRIDE)
    log = alice.get("/settings/audit").text

    assert "Alice set aside the pause of the domain paused.example" in words(log)
    assert "/domains/paused.example" in links(log)


def test_a_blocklist_s_pause_cannot_be_set_aside(alice, states, read):
    assert "This pause cannot be set aside" in page_of(alice, "listed")
    answer = alice.post("/domains/listed.example/override", follow=True)

    assert "is on a blocklist: whatever it sends now makes that last longer." in words(answer.text)
    assert "is not paused" in words(alice.post("/domains/healthy.example/override", follow=True).text)
    listed = next(each for each in read(DomainHealth) if each.name == "listed.example")
    assert listed.pause_reason == "Listed on Spamhaus DBL"


def test_only_owners_and_admins_set_a_pause_aside_and_viewers_ask_for_no_check(browse, states):
    bob, vera = browse("bob"), browse("vera")

    assert "Owners and admins can set a pause aside for a day." in page_of(bob, "paused")
    assert "Resume anyway" not in page_of(bob, "paused")
    assert "Check again" in page_of(bob, "paused")
    assert (bob.post(OVERRIDE).status_code, vera.post("/domains/check").status_code) == (403, 403)
    assert "Check again" not in page_of(vera, "paused")
    assert "Resume anyway until" in page_of(browse("adam"), "paused")


def test_a_long_history_goes_on_on_older_pages(alice, app, cast, states):
    with app.app_context():
        domain_id = make_domain(cast.alice.workspace_id, "healthy.example")
        event = {"workspace_id": cast.alice.workspace_id, "domain_id": domain_id, "kind": "x", "tone": "warn"}
        with transaction() as session:
            session.add_all(DomainEvent(at=now(), sentence=f"Event {n}.", **event) for n in range(31))
    html = alice.get("/domains/healthy.example").text
    [older] = [url for url in links(html) if "before=" in url]

    assert "Event 30." in words(html)
    assert "Event 0." not in words(html)
    assert "Event 0." in words(alice.get(older).text)


def test_a_domain_is_found_in_whatever_letters_and_nothing_else_is(alice, states):
    assert alice.get("/domains/HEALTHY.example").status_code == 200
    for name in ("nowhere.example", "healthy.example%00", "%3Cscript%3E", "x" * 300):
        assert alice.get(f"/domains/{name}").status_code == 404


def test_the_part_that_asks_by_itself_is_the_same_part_of_the_page(alice, states):
    for name in ("healthy", "checking", "listed"):
        fragment = alice.get(f"/domains/{name}.example", htmx=True)

        assert fragment.text.lstrip().startswith('<div id="domain"')
        # What tells the time by the minute may differ when the minute ends between two requests.
        wait_until(
            lambda url=f"/domains/{name}.example": same_part(
                alice.get(url, htmx=True).text, alice.get(url).text
            ),
            within=10,
            what="the same part",
        )
