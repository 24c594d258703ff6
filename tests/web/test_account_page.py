"""One account's page: one word, one reason, one action."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, HealthEvent, MailServer
from tests.factories import make_domain, make_events, make_inbox_day
from tests.web.reading import links, same_part, words


@pytest.mark.claim("C01", partly=True)
def test_page_of_a_new_inbox_shows_one_word_one_reason_and_the_live_row(alice, ava):
    page = words(alice.get(ava).text)

    assert "Warming Stage 0; nurture from 2, cold from 3 SMTP and IMAP · Ava Able" in page
    assert "Daily limit 20 a day, automatic provider cap 450" in page
    assert "Sent today 0 of 20 resets 00:00 Europe/Paris" in page
    assert "Rotation priority 100 1 to 1,000, lower goes first" in page
    assert "Stage 0 of 5" in page
    assert "Overall – not judged yet Reputation – not judged yet" in page
    assert "Bounces 7d – no sends yet Complaints 7d – no sends yet" in page


def test_figures_that_exist_are_shown_as_they_are(alice, app, cast, make_page):
    scores = {"overall_score": 88.4, "reputation_score": 70, "bounce_count": 3, "bounce_of": 80}
    counts = {"complaint_of": 77, "rates_basis": "production"}
    url = make_page(current_stage=4, **scores, **counts)
    with app.app_context():
        make_inbox_day(cast.alice.workspace_id, int(url.rpartition("/")[2]), sent=11, reserved=1)
    page = words(alice.get(url).text)

    assert "Overall 88 Reputation 70" in page
    assert "Bounces 7d 3.8 % (3 of 80) campaign mail and replies Fine Complaints 7d 0.0 % (0 of 77)" in page
    assert "Sent today 12 of 20" in page
    assert "Ready Sends cold and nurture" in page


def test_both_legs_are_shown_with_where_they_lead(alice, ava):
    page = words(alice.get(ava).text)

    sending = "Sending (SMTP) Works, checked just now smtp.acme.test:465 SSL, signs in as ava@acme.test"
    replies = "Replies (IMAP) Works, checked just now imap.acme.test:993 SSL, signs in as ava@acme.test"
    assert f"{sending} {replies}" in page


def test_a_lost_connection_comes_first_with_its_reason_and_the_way_to_repair_it(alice, make_page):
    url = make_page(connection_state="auth_failed", failed_legs=["smtp"], is_active=False)
    response = alice.get(url)

    assert "Needs attention" in words(response.text)
    assert "The server refused the password: Authentication failed Reconnect" in words(response.text)
    assert f"{url}/reconnect" in links(response.text)


def test_replies_that_do_not_sync_are_told_apart_from_sending(alice, make_page):
    page = words(alice.get(make_page(failed_legs=["imap"])).text)

    assert "Replies not syncing" in page
    assert "Sending (SMTP) Works" in page
    assert "Replies (IMAP) Authentication failed, checked just now" in page


def test_the_domain_counts_its_inboxes_and_a_pause_holds_them(alice, app, cast, make_page, ava):
    make_page("bob@acme.test")
    make_page("cy@other.test")
    domain = "Domain acme.test Not checked yet It is checked as soon as a worker is free"
    assert f"{domain} 2 inboxes of this workspace send from it." in words(alice.get(ava).text)

    with app.app_context():
        make_domain(cast.alice.workspace_id, "acme.test", pause_reason="DMARC alignment fails")
    page = alice.get(ava).text
    assert "Domain paused" in words(page)
    assert "DMARC alignment fails on acme.test Open domain" in words(page)
    assert links(page).count("/domains/acme.test") == 2
    assert "/domains/acme.test" in links(alice.get("/email-accounts").text)


def test_what_somebody_named_an_account_is_text_and_never_markup(alice, make_page):
    page = alice.get(make_page(display_name="<script>alert(1)</script>&amp;")).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;" in page


def test_the_head_that_refreshes_is_the_same_part_of_the_page(alice, ava):
    fragment = alice.get(ava, htmx=True).text

    assert fragment.lstrip().startswith('<div id="head"')
    assert same_part(fragment, alice.get(ava).text)


@pytest.mark.parametrize(("field", "value"), [("limit", "20"), ("priority", "100"), ("folder", "INBOX")])
def test_each_fact_opens_with_its_value_and_closes_again(alice, ava, field, value):
    opened = alice.get(f"{ava}/edit?field={field}", htmx=True).text
    assert f'value="{value}"' in opened
    assert "autofocus" in opened

    closed = alice.get(f"{ava}/edit?field={field}&cancel=1", htmx=True).text
    assert same_part(closed, alice.get(ava).text)
    assert same_part(opened, alice.get(f"{ava}/edit?field={field}").text)
    assert alice.get(f"{ava}/edit?field={field}&cancel=1").location == ava


@pytest.mark.parametrize("field", ["", "password", "../limit", "rotation"])
def test_what_is_not_a_fact_cannot_be_edited(alice, ava, field):
    assert alice.get(f"{ava}/edit", query_string={"field": field}).status_code == 404


def test_the_log_is_read_page_by_page_newest_first(alice, app, cast, ava):
    with app.app_context():
        make_events(cast.alice.workspace_id, int(ava.rpartition("/")[2]), 60, sentence="Event <{number}>")
    seen, url = [], ava
    while url:
        page = alice.get(url).text
        seen += [int(part.partition("&gt;")[0]) for part in page.split("Event &lt;")[1:]]
        url = next((link for link in links(page) if "/log?before=" in link), None)

    assert seen == list(range(60, 0, -1))


def test_an_inbox_without_history_says_that_there_is_none(alice, ava):
    assert "Nothing yet. Every change to this inbox is written here" in words(alice.get(f"{ava}/log").text)


def test_removing_is_said_plainly_confirmed_and_done(alice, app, ava, read):
    page = words(alice.get(f"{ava}/remove").text)
    assert "What goes at once The saved passwords and server settings." in page
    assert "for 30 days, then that goes too" in page
    assert read(EmailAccountHealth)[0].removed_at is None

    answer = alice.post(f"{ava}/remove", follow=True)
    assert "ava@acme.test was removed. Its history is kept for 30 days." in words(answer.text)
    assert "No inbox yet" in words(answer.text)
    assert alice.get(ava).status_code == 404
    assert read(MailServer) == []
    assert [(event.sentence, event.actor) for event in read(HealthEvent)] == [("Account removed", "Alice")]


def test_a_database_that_lost_a_table_costs_one_page_and_no_trace_of_it_is_shown(alice, app, ava):
    with app.app_context(), transaction() as session:
        session.execute(sa.text("DROP TABLE health_event"))
    response = alice.get(ava)

    assert response.status_code == 500
    assert "That did not work on our side" in words(response.text)
    assert "health_event" not in response.text
    assert alice.get("/help").status_code == 200
