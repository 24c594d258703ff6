"""What comes to a mailbox at a real server is kept once, whatever happens to its folders."""

import pytest

from tests.sync.reading import fill, letter

pytestmark = pytest.mark.servers


def test_new_mail_is_kept_once_however_often_the_mailbox_is_read(inbox):
    inbox.receive(letter(1), letter(2))

    first, again = inbox.sync(), inbox.sync()

    assert inbox.subjects() == ["Mail 1", "Mail 2"]
    assert inbox.kept()[0].sender == "bob@beta.test"
    assert inbox.kept()[0].message_id == "<1@beta.test>"
    assert (first.problem, again.problem, again.failures) == (None, None, 0)
    assert first.synced_at
    assert again.synced_at > first.synced_at


def test_only_what_is_new_is_asked_for_again(inbox):
    inbox.receive(letter(1))
    inbox.sync()
    before = inbox.cursor().last_uid

    inbox.receive(letter(2))
    inbox.sync()

    assert inbox.cursor().last_uid == before + 1
    assert inbox.subjects() == ["Mail 1", "Mail 2"]


def test_the_spam_folder_is_watched_too(inbox, person):
    person.append("Junk", letter("in spam"))

    inbox.sync()

    assert [(each.subject, each.role) for each in inbox.kept()] == [("Mail in spam", "spam")]
    assert inbox.cursor("spam").name == "Junk"


def test_mail_that_a_person_moves_out_of_spam_stays_one_message(inbox, person):
    person.append("Junk", letter(1))
    inbox.sync()
    person.select_folder("Junk")
    person.move(person.search(), "INBOX")

    inbox.sync()

    assert [(each.subject, each.role) for each in inbox.kept()] == [("Mail 1", "inbox")]


def test_a_folder_that_was_renamed_is_read_under_its_new_name_without_anything_twice(inbox, person):
    person.create_folder("Eingang")
    person.append("Eingang", letter(1))
    inbox.choose("Eingang")
    inbox.sync()
    person.rename_folder("Eingang", "Posteingang")
    person.append("Posteingang", letter(2))

    problem = inbox.sync().problem
    inbox.choose("Posteingang")
    row = inbox.sync()

    assert "Posteingang" in problem
    assert row.problem is None
    assert inbox.subjects() == ["Mail 1", "Mail 2"]


def test_a_folder_that_is_deleted_is_said_to_be_missing_with_the_names_there_are(inbox, person):
    person.create_folder("Eingang")
    inbox.choose("Eingang")
    inbox.sync()
    person.delete_folder("Eingang")

    row = inbox.sync()

    assert "Eingang" in row.problem
    assert "INBOX" in row.problem
    assert inbox.server().failure_code == "folder"


def test_where_the_folder_is_missing_those_that_can_be_chosen_are_listed(inbox, person):
    person.create_folder("Posteingang")
    person.append("Posteingang", letter(1))
    inbox.choose("Eingang")

    row = inbox.sync()

    assert "Eingang" in row.problem
    assert ["Posteingang", "inbox", 1] in row.folders


def test_a_folder_that_is_there_again_is_read_again_and_the_page_says_so(inbox, person):
    inbox.choose("Eingang")
    inbox.sync()
    person.create_folder("Eingang")
    person.append("Eingang", letter(1))

    row = inbox.sync()

    assert (row.problem, inbox.server().failure_code) == (None, None)
    assert inbox.subjects() == ["Mail 1"]
    assert inbox.log()[-1] == "Replies are read again"


def test_another_uidvalidity_adds_nothing_that_was_kept(inbox, person):
    inbox.receive(letter(1), letter(2))
    inbox.sync()
    before = inbox.cursor().uid_validity
    inbox.renumber()
    inbox.receive(letter(3))

    inbox.sync()

    assert inbox.cursor().uid_validity != before
    assert inbox.subjects() == ["Mail 1", "Mail 2", "Mail 3"]


def test_what_is_deleted_while_it_is_fetched_is_left_out_and_the_rest_is_kept(inbox, person, monkeypatch):
    inbox.receive(*(letter(number) for number in range(4)))
    delete_before_fetch(monkeypatch, person, uids=[2, 3])

    row = inbox.sync()

    assert inbox.subjects() == ["Mail 0", "Mail 3"]
    assert row.problem is None


def delete_before_fetch(monkeypatch, person, uids):
    from nimbus.providers.smtp_imap.imap import ImapSession

    fetch = ImapSession.fetch

    def deleted(session, wanted, *items):
        person.select_folder("INBOX")
        person.delete_messages(uids)
        person.expunge()
        return fetch(session, wanted, *items)

    monkeypatch.setattr(ImapSession, "fetch", deleted)


def test_many_messages_are_fetched_in_pages(inbox, mail_stack):
    inbox.sync()
    fill(mail_stack, inbox.email, [letter(number) for number in range(250)])

    inbox.sync()

    assert sorted(inbox.subjects()) == sorted(f"Mail {number}" for number in range(250))
    assert inbox.cursor().last_uid == 250


def test_a_first_look_goes_back_only_so_far(inbox, monkeypatch):
    monkeypatch.setattr("nimbus.services.sync_claim.FIRST_MOST", 3)
    inbox.receive(*(letter(number) for number in range(5)))

    row = inbox.sync()
    inbox.sync()

    assert inbox.subjects() == ["Mail 2", "Mail 3", "Mail 4"]
    assert (row.backlog, row.backlog_done) == (0, 0)


def test_mail_of_our_own_is_no_answer_and_its_body_is_not_kept(inbox):
    inbox.receive(letter(1, sender=inbox.email))

    inbox.sync()

    [message] = inbox.kept()
    assert (message.kind, message.raw, message.state) == ("sent", None, "parsed")


def test_mail_that_has_nothing_to_do_with_us_keeps_its_headers_only(inbox):
    inbox.receive(letter(1))

    inbox.sync()

    [message] = inbox.kept()
    assert (message.kind, message.raw, message.text) == ("unmatched", None, None)


def test_the_folders_are_listed_with_what_they_are_and_how_many_messages_they_hold(inbox):
    inbox.receive(letter(1))

    folders = inbox.sync().folders

    assert ["INBOX", "inbox", 1] in folders
    assert ["Junk", "spam", 0] in folders
    assert {name for name, *_ in folders} >= {"Sent", "Drafts", "Trash"}
