"""What comes back to a connected mailbox, from its delivery there to what a person sees and what the product then does."""

from contextlib import contextmanager

import pytest
from imapclient import IMAPClient

from jobs import health, sync
from nimbus.models import EmailAccountHealth, Incoming
from nimbus.services.run_batch import run_batch
from tests.factories import make_send
from tests.services.campaigning import change, make_campaign
from tests.services.fetching import answer, complaint, report
from tests.services.hearing import hear
from tests.web.reading import words

PAGE = "/email-accounts/1"
FIT = {"daily_send_limit": 50, "limit_mode": "manual", "current_stage": 5, "overall_score": 90}


@pytest.fixture
def email(connect, new_mailbox):
    """A mailbox that was connected by the form."""
    mine = new_mailbox()
    connect(**mine)
    return mine["email"]


@pytest.fixture
def sent(app, email, cast):
    """Thirty messages that left it an hour ago: their Message-IDs."""
    workspace_id = cast.alice.workspace_id
    ids = {f"<ours{number}@alpha.test>": f"to{number}@beta.test" for number in range(30)}
    with app.app_context():
        for message_id, recipient in ids.items():
            about = {"recipient": recipient, "message_id": message_id, "state": "sent"}
            send_id = make_send(workspace_id, 1, **about)
            hear(workspace_id, 1, "sent", send_id=send_id, cause=f"send:{send_id}")
    return list(ids.items())


@pytest.fixture
def read_mail(app, alice, mail_stack, email, run_jobs):
    """Deliver messages, press “Sync now”, and let the workers and the timetable do what they do; the page."""

    def run(*messages):
        for message in messages:
            mail_stack.deliver(email, message)
        alice.post(f"{PAGE}/sync")
        run_jobs()
        with app.app_context():
            sync.due()
            health.review_due()
        run_jobs()
        return words(alice.get(PAGE).text)

    return run


@pytest.mark.claim("C32")
@pytest.mark.claim("C33")
@pytest.mark.claim("C28", partly=True)
def test_bounces_and_complaints_that_came_back_are_the_rates_of_seven_days(app, read_mail, sent, read, clock):
    forged = [report(f"<never{number}@alpha.test>", sent[9][0]) for number in range(3)]
    reports = [report(message_id, recipient) for message_id, recipient in sent[:3]]

    page = read_mail(*reports, *reports, *forged, complaint(sent[5][0]), complaint("<never@alpha.test>"))

    [account] = read(EmailAccountHealth)
    assert (account.bounce_rate_7d, account.complaint_rate_7d) == (3 / 30, 1 / 27)
    assert "3 of 30" in page
    assert "1 of 27" in page
    assert account.reputation_score < 70
    clock.advance(hours=169)
    with app.app_context():
        health.review(account.workspace_id)
    [later] = read(EmailAccountHealth)
    assert (later.bounce_rate_7d, later.complaint_rate_7d) == (0.0, 0.0)


@pytest.mark.claim("C40")
@pytest.mark.parametrize("kind", ["a bounce burst", "a complaint"])
def test_a_burst_of_bounces_or_a_complaint_cools_the_inbox_down_and_no_campaign_gets_it(
    app, cast, read_mail, sent, clock, kind
):
    many = [report(message_id, recipient) for message_id, recipient in sent[-3:]]

    page = read_mail(*(many if kind == "a bounce burst" else [complaint(sent[0][0])]))

    assert f"Cooldown SMTP and IMAP · Ann Able After {kind}: " in page
    with app.app_context():
        change(EmailAccountHealth, **FIT, hold_state="none")
        campaign = make_campaign(cast.alice.workspace_id, [1], 1, min_health_score=0, called="next")
        assert run_batch(cast.alice.workspace_id, campaign).placed == 0
        clock.advance(hours=25)
        assert run_batch(cast.alice.workspace_id, campaign).placed == 1


@pytest.mark.claim("C69", partly=True)
def test_an_answer_is_read_classified_and_shown_on_the_message_that_it_answers(read_mail, sent, alice, read):
    message_id, recipient = sent[0]
    page = read_mail(answer(message_id, "Yes, tell me more about pricing.", sender=recipient))

    [came] = [row for row in read(Incoming) if row.kind == "reply"]
    assert (came.reply_class, came.send_id) == ("interested", 1)
    assert "Synced just now" in page
    assert f"{recipient} answered." in words(alice.get("/messages/1").text)


@pytest.mark.claim("C61")
def test_an_empty_reply_sync_names_the_folder_that_mail_comes_to_and_reads_it_once_chosen(
    read_mail, alice, email, mail_stack, run_jobs, read
):
    with mail_client(mail_stack, email) as client:
        client.create_folder("Posteingang")
        client.append("Posteingang", answer(None))

    page = read_mail()
    assert "Reply sync is empty “Posteingang” holds 1 message" in page
    alice.post(f"{PAGE}/folder", {"imap_folder": "Posteingang"})
    run_jobs()

    page = read_mail()
    assert "Replies folder Posteingang" in page
    assert "Reply sync is empty" not in page
    assert "Posteingang Replies 1 " in page
    assert [row.sender for row in read(Incoming)][-1] == "to0@beta.test"


@contextmanager
def mail_client(stack, email):
    """The mailbox's owner, with a mail program."""
    with IMAPClient("127.0.0.1", stack.imap_ssl, ssl=True, ssl_context=stack.client_context()) as client:
        client.login(email, "correct horse")
        yield client
