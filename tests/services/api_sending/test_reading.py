"""What comes to an inbox at Google or Microsoft is kept once, and read anew where the past is forgotten."""

import pytest

from nimbus.models import EmailAccountHealth, InboxSync, SyncFolder
from nimbus.services.sync_mailboxes import sync_due
from tests.factories import reload
from tests.services.campaigning import change
from tests.services.fetching import answer
from tests.services.signed_in import ANN, BOB
from tests.sync.reading import kept, letter, make_due


@pytest.fixture
def mailbox(sandbox, ann):
    return sandbox.world.mailboxes[ANN]


@pytest.fixture
def receive(sandbox, mailbox):
    """Put messages from outside into a folder of Ann's."""

    def put(*messages, label="INBOX"):
        with sandbox.world.lock:
            return [mailbox.store(message, {label, "UNREAD"}) for message in messages]

    return put


@pytest.fixture
def sync(ann):
    def run():
        make_due(ann)
        sync_due()
        return reload(InboxSync, ann)

    return run


def subjects(account_id):
    return [message.subject for message in kept(account_id)]


def test_new_mail_of_both_folders_is_kept_once_however_often_it_is_read(ann, receive, sync):
    receive(letter(1))
    sync()
    receive(letter(2))
    receive(letter(3), label="SPAM")

    row = sync()
    sync()

    assert row.problem is None
    assert sorted(subjects(ann)) == ["Mail 1", "Mail 2", "Mail 3"]
    assert [message.role for message in kept(ann) if message.subject == "Mail 3"] == ["spam"]


def test_a_past_that_the_provider_has_forgotten_is_read_anew_and_nothing_twice(ann, receive, sync, faults):
    receive(letter(1), letter(2))
    sync()
    receive(letter(3))
    faults.set("history_gone")

    row = sync()

    assert row.problem is None
    assert sorted(subjects(ann)) == ["Mail 1", "Mail 2", "Mail 3"]


def test_many_messages_come_in_pages_and_all_of_them_once(ann, receive, sync, faults):
    sync()
    faults.set("repeated_items")
    receive(*(letter(number) for number in range(130)))

    sync()

    assert sorted(subjects(ann)) == sorted(f"Mail {number}" for number in range(130))


def test_the_folders_have_their_owners_names_and_counts(ann, receive, sync, mailbox):
    receive(letter(1))

    folders = sync().folders

    assert [count for _, role, count in folders if role == "inbox"] == [1]
    assert [role for _, role, _ in folders].count("spam") == 1


@pytest.mark.claim("C69", partly=True)
def test_an_answer_is_fetched_whole_and_read(acme, ann, bob, receive, sync, queue, serve):
    sent = serve()
    receive(answer(sent.sent_message_id or sent.message_id, sender=BOB))

    sync()

    came = next(message for message in kept(ann) if message.kind == "reply")
    assert came.reply_text == "Yes, let us talk on Monday."
    assert came.send_id == sent.id


def test_a_very_long_message_costs_no_more_than_its_beginning(ann, bob, receive, sync, queue, serve):
    sent = serve()
    long = answer(sent.sent_message_id or sent.message_id, "Yes. " + "x" * 6_000_000, sender=BOB)
    receive(long)

    sync()

    assert [message.kind for message in kept(ann)].count("reply") == 1


def test_a_sign_in_that_is_over_is_said_by_the_account_and_the_other_inboxes_go_on(ann, sync, faults):
    sync()
    faults.set("revoked")

    row = sync()

    assert "Reconnect" in row.problem
    account = reload(EmailAccountHealth, ann)
    assert (account.connection_state, account.sync_problem) == ("auth_revoked", None)


@pytest.mark.parametrize("fault", ["server_error", "wrong_json", "throttled"])
def test_a_provider_that_makes_no_sense_for_a_moment_troubles_nobody(ann, receive, sync, faults, fault):
    sync()
    faults.set(fault)
    row = sync()
    assert (row.failures, reload(EmailAccountHealth, ann).sync_problem) == (1, None)

    faults.clear()
    receive(letter(1))

    assert sync().problem is None
    assert subjects(ann) == ["Mail 1"]


def test_a_look_that_takes_too_long_ends_and_goes_on_another_time(ann, receive, sync, provider, monkeypatch):
    receive(letter(1))
    with monkeypatch.context() as patch:
        patch.setattr(f"nimbus.providers.{provider}.reading.LOOK_SECONDS", -1.0)
        assert sync().failures == 1

    assert sync().failures == 0
    assert subjects(ann) == ["Mail 1"]


def test_a_link_that_leads_elsewhere_is_never_followed_with_the_token(ann, receive, sync, provider):
    if provider == "gmail":
        pytest.skip("Gmail gives no links")
    sync()
    change(SyncFolder, SyncFolder.account_id == ann, cursor="http://127.0.0.1:9/me/delta?$deltatoken=x")
    receive(letter(1))

    assert sync().problem is None
    assert subjects(ann) == ["Mail 1"]


def test_mail_that_was_archived_before_anybody_looked_came_all_the_same(
    ann, receive, sync, mailbox, sandbox, provider
):
    if provider == "microsoft":
        pytest.skip("Graph tells of a folder only what is in it")
    sync()
    [stored] = receive(letter(1))
    receive(letter(2), label="SENT")
    with sandbox.world.lock:
        mailbox.relabel(stored, remove={"INBOX"})

    sync()

    assert subjects(ann) == ["Mail 1"]
