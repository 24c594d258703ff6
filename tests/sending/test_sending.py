"""A message that was accepted leaves, arrives as it was written, and its copy lies in the Sent folder."""

import pytest

from nimbus import queues
from nimbus.rules.send_mark import send_mark
from nimbus.services.queue_send import send_test, write_message
from tests.sending.reading import found

pytestmark = pytest.mark.servers


@pytest.fixture
def write(asker, inbox):
    def accept(to, body="Hello Bo,\n\n.with a dot and ümläuts\n", **words):
        message = {"subject": "Grüße", "key": "form 1"} | words
        return write_message(asker, inbox[0], to=to, body=body, **message)

    return accept


def with_subject(messages, subject):
    return [message for message in messages if message["Subject"] == subject]


def test_a_test_message_arrives_in_the_inbox_itself(asker, inbox, mail_stack, run_jobs):
    send_id = send_test(asker, inbox[0], key="form 1")

    run_jobs()

    send = found(send_id)
    [message] = mail_stack.await_messages(inbox[1])
    assert (send.state, send.message_id) == ("sent", message["Message-ID"])
    assert message["Subject"] == "A test message from NimbusOS"
    assert message["X-NimbusOS-Send"] == send_mark(send_id, send.message_id)
    assert send.server_line.startswith("250 2.0.0 Ok: queued as")


def test_a_written_message_arrives_once_and_as_it_was_written(write, inbox, mail_stack, run_jobs):
    send_id = write("bob@beta.test", subject=f"Grüße von {inbox[1]}")

    run_jobs()
    run_jobs()

    assert found(send_id).state == "sent"
    mail_stack.await_messages("bob@beta.test")
    [message] = with_subject(mail_stack.messages("bob@beta.test"), f"Grüße von {inbox[1]}")
    assert message.get_content().replace("\r\n", "\n") == "Hello Bo,\n\n.with a dot and ümläuts\n"
    assert message["From"] == f"Ava Able <{inbox[1]}>"


def test_one_copy_of_it_lies_in_the_sent_folder(write, inbox, mail_stack, run_jobs, sweeps):
    send_id = write("dropped@alpha.test")

    run_jobs()
    sweeps()

    send = found(send_id)
    [copy] = mail_stack.messages(inbox[1], "Sent")
    assert (send.copy_state, copy["Message-ID"]) == ("kept", send.message_id)


def test_copies_that_are_due_together_go_over_one_connection(write, inbox, mail_stack, sweeps):
    sends = [write("dropped@alpha.test", key=f"form {number}") for number in range(3)]

    sweeps()

    kept = {copy["Message-ID"] for copy in mail_stack.messages(inbox[1], "Sent")}
    assert kept == {found(send_id).message_id for send_id in sends}
    assert {found(send_id).copy_state for send_id in sends} == {"kept"}
    assert mail_stack.logs().count(f"imap-login: Info: Login: user=<{inbox[1]}>") == 1


def test_a_message_is_sent_although_the_queue_lost_it(write, mail_stack, settings, sweeps):
    send_id = write("dropped@alpha.test")
    queues.connect(settings.redis_url).flushall()

    sweeps()

    assert found(send_id).state == "sent"


@pytest.mark.parametrize(
    ("to", "state", "category", "line"),
    [
        ("later@alpha.test", "queued", "soft_temp", "451 4.7.1"),
        ("never@alpha.test", "failed", "hard_invalid", "550 5.1.1"),
    ],
)
def test_a_refusal_says_why_in_a_sentence_and_in_the_servers_words(
    write, run_jobs, to, state, category, line
):
    send_id = write(to)

    run_jobs()

    send = found(send_id)
    assert (send.state, send.category) == (state, category)
    assert send.server_line.startswith(line)
    assert to in send.reason or "tried again" in send.reason
