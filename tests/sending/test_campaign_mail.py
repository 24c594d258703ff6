"""What a campaign's messages carry when they have really left: made on the pages, sent by the jobs, read by the recipient."""

import itertools
import re
from urllib.parse import urlsplit

import pytest

from jobs.campaigns import run_due
from nimbus.models import CampaignContact, Send, Suppression
from nimbus.services.sweep import sweep
from tests.factories import PASSWORD, make_inbox_day
from tests.sending.conftest import make_connected
from tests.services.contacts import make_book, make_contact
from tests.web.campaigning import SETTINGS, steps
from tests.web.reading import words

pytestmark = pytest.mark.servers

_numbers = itertools.count(1)
FIT = {"daily_send_limit": 50, "limit_mode": "manual", "current_stage": 5, "overall_score": 90}
ALWAYS = {"days": list("0123456"), "opens": "00:00", "closes": "00:00", "timezone": "UTC"}


@pytest.fixture
def environ(mail_stack):
    return {"NIMBUS_CA_FILE": str(mail_stack.ca_file), "NIMBUS_BASE_URL": "https://nimbus.acme.com"}


@pytest.fixture
def pages():
    return True


@pytest.fixture
def people(app, cast, mail_stack):
    """The addresses of two contacts, and the book they stand in."""
    names = [f"Zoe{next(_numbers)}", f"Max{next(_numbers)}"]
    addresses = [f"{name.lower()}@beta.test" for name in names]
    mail_stack.add_users(dict.fromkeys(addresses, PASSWORD))
    with app.app_context():
        book = make_book(cast.alice.workspace_id)
        for name, email in zip(names, addresses, strict=True):
            make_contact(cast.alice.workspace_id, email, book_id=book, first_name=name)
    return addresses, book


@pytest.fixture
def pool(app, cast, mail_stack):
    """Two inboxes that may send, and before them one whose health is too low; id and address of each."""
    with app.app_context():
        differ = ({"overall_score": 69, "rotation_priority": 1}, {"rotation_priority": 2}, {})
        made = [make_connected(mail_stack, cast.alice.workspace_id, **FIT | each) for each in differ]
        make_inbox_day(cast.alice.workspace_id, made[1][0], sent=3)
    return made


@pytest.fixture
def launch(alice, people, run_jobs):
    """Makes and launches a campaign of two steps on its pages, sends its first messages, and gives its page."""

    def begin(pool, **differs):
        new = {"name": "Spring", "campaign_type": "cold_outreach", "min_health_score": "70"} | differs
        page = alice.post("/campaigns/new", new).location.removesuffix("/edit")
        alice.post(f"{page}/edit", SETTINGS | new | ALWAYS | {"book": str(people[1])})
        first = {
            "subject": "Hello {{first_name}}",
            "body": "Hi {{first_name}}",
            "html": "<b>Hi {{first_name}}</b>",
        }
        alice.post(f"{page}/steps", steps(first, {"body": "Any news?", "delay_days": "1"}))
        alice.post(f"{page}/pool", {"do": "save", "id": [str(account_id) for account_id, _ in pool]})
        assert alice.post(f"{page}/launch").location == page
        run_jobs()
        return page

    return begin


@pytest.fixture
def kind():
    return "cold_outreach"


@pytest.fixture
def launched(launch, pool, kind):
    return launch(pool, campaign_type=kind)


@pytest.fixture
def unfit(app, cast, mail_stack):
    """An inbox for each thing that keeps cold mail away; the last two may send nurture mail."""
    only = ({"is_active": False}, {"overall_score": 69}, {"restriction": "nurture"}, {"current_stage": 2})
    with app.app_context():
        return [make_connected(mail_stack, cast.alice.workspace_id, **FIT | each) for each in only]


def link_of(message):
    """Where one click unsubscribes."""
    return urlsplit(re.match("<(https:[^>]+)>", message["List-Unsubscribe"])[1]).path


@pytest.mark.claim("C35")
@pytest.mark.claim("C42")
@pytest.mark.claim("C70", partly=True)
def test_first_messages_leave_through_the_pools_eligible_inboxes_and_count_there(
    alice, launched, people, pool, mail_stack
):
    [[first], [second]] = [mail_stack.await_messages(email) for email in people[0]]

    senders = [email for _, email in pool]
    assert [first["From"], second["From"]] == [f"Ava Able <{email}>" for email in senders[1:]]
    listed = words(alice.get("/email-accounts?sort=account").text)
    assert [f"{count}/50" in listed for count in (4, 1)] == [True, True]
    assert mail_stack.messages(senders[0], "Sent") == []


@pytest.mark.claim("C36")
@pytest.mark.claim("C37")
@pytest.mark.claim("C39")
@pytest.mark.claim("C43")
@pytest.mark.claim("C55")
def test_cold_mail_waits_with_each_inboxs_reason_while_nurture_leaves_through_those_that_may(
    alice, launch, people, unfit, mail_stack, read
):
    cold = launch(unfit)

    off, low, reserved, young = [email for _, email in unfit]
    batch = words(alice.get(f"{cold}/batches/1").text)
    assert read(Send) == []
    assert "0 messages given to inboxes, 2 put off of 2 due" in words(alice.get(f"{cold}/log").text)
    assert f"{off} was taken out of rotation" in batch
    assert f"{low} scores 69, the campaign needs 70." in batch
    assert f"{reserved} is reserved for nurture; this is a cold outreach campaign." in batch
    assert f"{young} is at stage 2; cold outreach needs 3." in batch

    alice.post(f"{cold}/pause")  # the first look at its mail lifts the low one's score
    launch(unfit, name="Autumn", campaign_type="nurture")
    [[first], [second]] = [mail_stack.await_messages(email) for email in people[0]]
    assert {first["From"], second["From"]} == {f"Ava Able <{email}>" for email in (reserved, young)}


def test_a_message_names_its_sender_the_way_out_and_nobody_else(launched, people, pool, mail_stack):
    (zoe, max_), sender = people[0], pool[1][1]
    [message] = mail_stack.await_messages(zoe)

    assert re.fullmatch(r"<[0-9a-f]{32}@alpha\.test>", message["Message-ID"])
    assert message["In-Reply-To"] is message["References"] is None
    link, by_mail = message["List-Unsubscribe"].split(", ")
    assert re.fullmatch(r"<https://nimbus\.acme\.com/u/[\w.=-]+>", link)
    assert by_mail == f"<mailto:{sender}?subject=unsubscribe%20{link[1:-1].rpartition('/')[2]}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, html = message.iter_parts()
    assert f"No more mail from me: {link[1:-1]}" in plain.get_content()
    assert f'<a href="{link[1:-1]}">No more mail from me</a>' in html.get_content()
    assert "<b>Hi Zoe" in html.get_content()
    whole = message.as_string().lower()
    assert zoe in whole
    assert not [trace for trace in (max_, max_.partition("@")[0], "buyers") if trace in whole]


@pytest.mark.claim("C70")
@pytest.mark.parametrize("kind", ["cold_outreach", "nurture"])
def test_a_follow_up_stays_in_its_thread_and_whoever_unsubscribed_gets_none(
    app, launched, people, clock, run_jobs, mail_stack, read
):
    zoe, max_ = people[0]
    [[left], [first]] = [mail_stack.await_messages(email) for email in (zoe, max_)]
    answer = app.test_client(use_cookies=False).post(link_of(left), data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, [row.email for row in read(Suppression)]) == (200, [zoe])
    clock.advance(days=1, minutes=16)

    for _ in range(2):  # the second batch notes that the last message has left
        with app.app_context():
            run_due()
            sweep()
        run_jobs()
        clock.advance(days=1, minutes=16)

    again = next(each for each in mail_stack.await_messages(max_, count=2) if each["In-Reply-To"])
    assert again["Subject"] == f"Re: {first['Subject']}"
    assert again["In-Reply-To"] == again["References"] == first["Message-ID"]
    assert (again["From"], again.get_content_type()) == (first["From"], "text/plain")
    assert len(mail_stack.messages(zoe)) == 1
    assert [row.state for row in read(CampaignContact)] == ["stopped", "finished"]
    assert [row.state for row in read(Send)] == ["sent"] * 3
