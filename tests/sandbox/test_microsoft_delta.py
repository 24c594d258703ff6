"""The practice Graph tells what changed in a folder as the published one does."""

import pytest

from tests.sandbox.microsoft_client import IMMUTABLE, refusal

DELTA = "/me/mailFolders/inbox/messages/delta"


@pytest.fixture
def sync(writing_graph):
    """Ask a link, or the folder from its beginning, for everything up to its deltaLink: the pages, and that link."""

    def ask(link=DELTA, *, headers=(), **params):
        pages = []
        while True:
            page = writing_graph.get(link, headers=headers, **params).json()
            pages.append(page["value"])
            if "@odata.deltaLink" in page:
                return pages, page["@odata.deltaLink"]
            link, params = page["@odata.nextLink"], {}

    return ask


def flat(pages):
    return [item for page in pages for item in page]


def test_a_first_sync_tells_the_whole_folder_in_pages(sync, receive):
    for number in range(5):
        receive(f"Message {number}")

    pages, link = sync(headers={"Prefer": "odata.maxpagesize=2"}, **{"$select": "subject"})

    assert [len(page) for page in pages] == [2, 2, 1]
    assert {item["subject"] for item in flat(pages)} == {f"Message {number}" for number in range(5)}
    assert all(item.keys() == {"@odata.etag", "id", "subject"} for item in flat(pages))
    assert "$deltatoken=" in link


def test_the_next_sync_tells_what_is_new_with_what_was_selected(sync, receive):
    receive("Old")
    _, link = sync(**{"$select": "subject"})
    assert sync(link)[0] == [[]]
    receive("New")

    [[item]], link = sync(link)

    assert (item["subject"], item.keys()) == ("New", {"@odata.etag", "id", "subject"})
    assert sync(link)[0] == [[]]


def test_a_page_can_be_asked_for_again(writing_graph, receive):
    for number in range(3):
        receive(f"Message {number}")
    first = writing_graph.get(DELTA, headers={"Prefer": "odata.maxpagesize=2"}).json()

    once, again = (writing_graph.get(first["@odata.nextLink"]).json()["value"] for _ in range(2))

    assert once == again


def test_reading_a_message_is_told_without_the_rest_of_it(sync, writing_graph, receive):
    receive("Hi")
    [[item]], link = sync()
    writing_graph.call("PATCH", f"/me/messages/{item['id']}", json={"isRead": True})

    [[changed]], _ = sync(link)

    assert (changed["id"], changed["isRead"]) == (item["id"], True)
    assert changed.keys() == {"@odata.etag", "id", "isRead"}


@pytest.mark.parametrize("headers", [{}, IMMUTABLE])
def test_what_left_the_folder_is_told_by_the_id_it_had(sync, writing_graph, mia, receive, headers):
    moved, gone = receive("Moved"), receive("Gone")
    [items], link = sync(headers=headers)
    ids = {item["subject"]: item["id"] for item in items}
    writing_graph.post(f"/me/messages/{ids['Moved']}/move", {"destinationId": "archive"})
    mia.discard(gone)

    [removed], _ = sync(link, headers=headers)

    assert moved.labels == {"ARCHIVE", "UNREAD"}
    assert {item["id"]: item["@removed"]["reason"] for item in removed} == {
        ids["Moved"]: "changed",
        ids["Gone"]: "deleted",
    }


def test_an_item_may_be_repeated(sync, mia, receive):
    mia.faults.set("repeated_items")
    receive("One")
    receive("Two")

    items = flat(sync()[0])

    assert len(items) == 3
    assert len({item["id"] for item in items}) == 2


def test_a_lost_state_is_410_with_a_way_to_start_again(sync, writing_graph, mia, receive):
    receive("Hi")
    _, link = sync()
    mia.faults.set("history_gone")
    response = writing_graph.get(link)

    refusal(response, 410, "SyncStateNotFound")
    assert response.headers["Location"].endswith("?$deltatoken=")
    assert len(flat(sync()[0])) == 1


def test_a_state_can_be_lost_after_some_calls(sync, writing_graph, mia):
    mia.faults.set("history_gone", after=2)
    _, link = sync()
    _, link = sync(link)

    refusal(writing_graph.get(link), 410, "SyncStateNotFound")


def test_a_link_is_good_for_its_own_mailbox_alone(sync, microsoft, olga):
    _, link = sync()
    token = link.partition("$deltatoken=")[2]
    stranger = microsoft.graph(olga.address)

    refusal(stranger.get(f"{DELTA}?$deltatoken={token}"), 410, "SyncStateNotFound")


def test_a_sync_can_begin_at_a_moment(sync, writing_graph, receive, clock):
    receive("Old")
    clock.advance(minutes=30)
    receive("New")
    since = writing_graph.listed()[0]["receivedDateTime"]

    [[item]], _ = sync(**{"$filter": f"receivedDateTime ge {since}"})

    assert item["subject"] == "New"
    refusal(writing_graph.get(DELTA, **{"$filter": "isRead eq false"}), 400, "ErrorInvalidUrlQuery")
    refusal(writing_graph.get(DELTA, **{"$orderby": "subject"}), 400, "ErrorInvalidUrlQuery")


def test_each_folder_has_a_sync_of_its_own(sync, writing_graph, receive):
    receive("Hi")
    _, junk = sync("/me/mailFolders/junkemail/messages/delta")
    identity = writing_graph.listed()[0]["id"]
    writing_graph.post(f"/me/messages/{identity}/move", {"destinationId": "junkemail"})

    [[item]], _ = sync(junk)

    assert item["subject"] == "Hi"
