"""The pages of contacts: books, the list, one person, and the suppression list."""

import pytest

from nimbus.models import AddressBook, AuditEvent, Contact, ContactTag, Send, Suppression
from tests.browse import Page
from tests.factories import make_email_account, make_send
from tests.services.contacts import make_book, make_contact, make_suppression
from tests.web.reading import links, words


@pytest.fixture
def zoe(make):
    book = make(make_book, "Buyers")
    return make(
        make_contact,
        book_id=book,
        first_name="Zoë",
        last_name="Zoom",
        fields={"company": "Acme"},
        tags=["vip"],
    )


def test_without_contacts_the_page_says_what_they_are_for_and_what_to_do(alice):
    page = alice.get("/contacts")

    assert "No contact yet" in words(page.text)
    assert "/contacts/import" in links(page.text)
    assert 'role="search"' not in page.text


def test_the_page_leads_to_books_people_and_the_list_of_the_suppressed(alice, make, zoe):
    make(make_suppression, "bo@example.com")
    page = alice.get("/contacts")

    assert "Buyers 1 contact" in words(page.text)
    assert "1 address gets no mail from this workspace." in words(page.text)
    assert {f"/contacts/{zoe}", "/contacts/books/1", "/contacts/suppression"} <= set(links(page.text))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["bo@example.com", "zoe@example.com"]),
        ("?q=ZOË+zo", ["zoe@example.com"]),
        ("?q=BO@", ["bo@example.com"]),
        ("?q=100%25", []),
        ("?tag=vip", ["zoe@example.com"]),
        ("?suppressed=1", ["bo@example.com"]),
        ("?q=zoe&suppressed=1", []),
        ("?before=2", ["zoe@example.com"]),
        ("?before=x&tag=", ["bo@example.com", "zoe@example.com"]),
    ],
)
def test_the_list_is_searched_and_narrowed(alice, make, zoe, query, found):
    make(make_contact, "bo@example.com")
    make(make_suppression, "bo@example.com", "opt_out")

    page = alice.get(f"/contacts{query}")

    assert [email for email in ("bo@example.com", "zoe@example.com") if f">{email}<" in page.text] == found
    assert ("Nobody matches" in page.text) == (not found)


def test_a_book_shows_its_own_people_and_can_be_removed_without_them(alice, make, zoe, read):
    make(make_contact, "bo@example.com")
    page = alice.get("/contacts/books/1")
    assert (">zoe@example.com<" in page.text, ">bo@example.com<" in page.text) == (True, False)
    assert "Its 1 contact stays in this workspace" in words(alice.get("/contacts/books/1/remove").text)

    alice.post("/contacts/books/1/remove")

    assert (read(AddressBook), len(read(Contact))) == ([], 2)


def test_long_lists_come_in_pages(alice, make):
    book = make(make_book)
    for number in range(51):
        make(make_contact, f"p{number}@example.com", book_id=book)
    first = alice.get("/contacts/books/1")
    [older] = [url for url in links(first.text) if "before=" in url]

    assert "51 contacts" in words(first.text)
    assert ">p0@example.com<" not in first.text
    assert ">p0@example.com<" in alice.get(older).text


def test_a_persons_page_shows_what_is_known_and_what_was_sent_to_them(alice, make, zoe):
    inbox = make(make_email_account)
    make(make_send, inbox, recipient="ZOE@example.com", subject="Hello there", state="sent")
    make(make_send, inbox, recipient="bo@example.com", subject="Not to them", state="sent")

    page = words(alice.get(f"/contacts/{zoe}").text)

    for shown in ("company Acme", "Tags vip", "Buyers", "Hello there"):
        assert shown in page
    assert "Not to them" not in page


def test_a_contact_is_changed_and_wrong_values_are_said_beside_their_field(alice, zoe, read):
    url = f"/contacts/{zoe}/edit"
    form = {"first_name": "Zoe", "last_name": "", "tags": "a, b", "own-company": "Beta"}

    assert alice.post(url, form | {"own-company": "x\ny"}).status_code == 422
    assert alice.post(url, form | {"tags": "t" * 41}).status_code == 422
    assert alice.post(url, form).location == f"/contacts/{zoe}"

    [contact] = read(Contact)
    assert (contact.first_name, contact.last_name, contact.fields) == ("Zoe", "", {"company": "Beta"})
    assert [row.tag for row in read(ContactTag)] == ["a", "b"]


def test_a_contact_leaves_a_book(alice, zoe):
    page = alice.post(f"/contacts/{zoe}/books/1/leave", follow=True)

    assert "They stand in “Buyers” no longer." in words(page.text)
    assert "None. An import puts contacts into one." in words(page.text)


def test_a_person_is_suppressed_from_their_page_with_a_reason(alice, zoe, read):
    assert "Say why, in a few words" in words(alice.post(f"/contacts/{zoe}/suppress", {"note": ""}).text)

    page = alice.post(f"/contacts/{zoe}/suppress", {"note": "asked us"}, follow=True)

    assert "This address gets no more mail: suppressed" in words(page.text)
    assert "“asked us”" in words(page.text)
    assert [(row.email, row.source) for row in read(Suppression)] == [("zoe@example.com", "Alice")]


def test_a_contact_is_erased_after_the_page_said_what_stays(alice, make, zoe, read, clock):
    inbox = make(make_email_account)
    make(make_send, inbox, recipient="zoe@example.com", state="sent")
    assert "Nothing that keeps the next import from bringing them back" in words(
        alice.get(f"/contacts/{zoe}/erase").text
    )

    alice.post(f"/contacts/{zoe}/erase")

    assert read(Contact) == []
    assert read(Send)[0].recipient == "erased"
    assert alice.get(f"/contacts/{zoe}").status_code == 404


def test_who_has_a_message_on_the_way_is_not_erased_yet(alice, make, zoe, read):
    make(make_send, make(make_email_account), recipient="zoe@example.com")

    page = alice.post(f"/contacts/{zoe}/erase", follow=True)

    assert "still on the way or in doubt" in words(page.text)
    assert len(read(Contact)) == 1


def test_an_address_is_added_to_the_list_by_hand_and_taken_off_with_a_reason(alice, read):
    url = "/contacts/suppression"
    assert "Nobody is on the list" in words(alice.get(url).text)
    assert alice.post(url, {"email": "nobody", "note": "x"}).status_code == 422
    page = alice.post(url, {"email": "Zoe@example.com", "note": "asked us"}, follow=True)
    assert "zoe@example.com “asked us” just now , Alice Suppressed" in words(page.text)

    assert alice.post(f"{url}/1/lift", {"note": " "}).status_code == 422
    alice.post(f"{url}/1/lift", {"note": "a mistake"})

    assert read(Suppression) == []
    assert [line.action for line in read(AuditEvent)] == ["address_suppressed", "suppression_lifted"]


def test_who_unsubscribed_stays_on_the_list_whoever_asks(alice, make, read):
    make(make_suppression, reason="opt_out")

    assert "/lift" not in alice.get("/contacts/suppression?q=zoe").text
    assert "nobody of this workspace can take it back" in words(
        alice.get("/contacts/suppression/1/lift").text
    )
    assert alice.post("/contacts/suppression/1/lift", {"note": "please"}).status_code == 422
    assert len(read(Suppression)) == 1


def test_a_viewer_sees_contacts_and_is_offered_no_change(browse, zoe):
    vera = browse("vera")

    for url in ("/contacts", f"/contacts/{zoe}", "/contacts/books/1", "/contacts/suppression"):
        page = vera.get(url)
        assert page.status_code == 200
        forms = [
            attrs for tag, attrs in Page(page.text).tags if tag == "form" and attrs.get("method") == "post"
        ]
        assert [attrs["action"] for attrs in forms if attrs["action"].startswith("/contacts")] == []
        assert not {
            link for link in links(page.text) if link.endswith(("/import", "/edit", "/erase", "/remove"))
        }
