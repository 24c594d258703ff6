"""The practice Graph's folders and messages keep to the published shapes."""

import email

import pytest

from nimbus.sandbox.world import System
from tests.sandbox.microsoft_client import CHANGING, IMMUTABLE, letter, refusal


@pytest.fixture
def five(receive, clock):
    """Five messages, a minute apart."""
    for number in range(5):
        receive(f"Message {number}", Message_ID=f"<m{number}@example.net>")
        clock.advance(minutes=1)


def subjects(items):
    return [item["subject"] for item in items]


def test_a_folder_is_named_in_its_owners_language_and_found_by_well_known_name(microsoft, world, receive):
    world.add("uta@contoso.example", name="Uta", system=System.MICROSOFT, language="de")
    world.deliver(
        letter(to="uta@contoso.example"), sender="mia@contoso.example", recipients=["uta@contoso.example"]
    )
    graph = microsoft.graph("uta@contoso.example")

    folder = graph.get("/me/mailFolders/inbox").json()

    assert folder["displayName"] == "Posteingang"
    assert (folder["totalItemCount"], folder["unreadItemCount"], folder["childFolderCount"]) == (1, 1, 0)
    assert graph.get(f"/me/mailFolders/{folder['id']}").json() == folder
    listed = {each["displayName"] for each in graph.get("/me/mailFolders").json()["value"]}
    assert listed >= {"Posteingang", "Junk-E-Mail", "Gesendete Elemente"}


def test_folders_that_are_not_there_are_told_apart(graph, microsoft, olga):
    foreign = microsoft.graph(olga.address).get("/me/mailFolders/inbox").json()["id"]

    refusal(graph.get("/me/mailFolders/Posteingang"), 400, "ErrorInvalidIdMalformed")
    refusal(graph.get(f"/me/mailFolders/{foreign}"), 404, "ErrorItemNotFound")
    assert graph.get("/me/mailFolders/serverfailures").json()["totalItemCount"] == 0


def test_a_message_has_the_published_shape(graph, receive):
    receive("Hi", Message_ID="<m1@example.net>", Cc="Eve <eve@example.net>")
    [item] = graph.listed()

    assert item["from"] == {"emailAddress": {"name": "Bert", "address": "bert@example.net"}}
    assert item["toRecipients"] == [
        {"emailAddress": {"name": "mia@contoso.example", "address": "mia@contoso.example"}}
    ]
    assert item["ccRecipients"][0]["emailAddress"]["name"] == "Eve"
    assert (item["internetMessageId"], item["subject"], item["isRead"]) == ("<m1@example.net>", "Hi", False)
    assert item["body"] == {"contentType": "text", "content": "Hello there.\r\n"}
    assert item["receivedDateTime"].endswith("Z")
    assert item["parentFolderId"] == graph.get("/me/mailFolders/inbox").json()["id"]
    assert "internetMessageHeaders" not in item


def test_headers_are_returned_when_they_are_selected(graph, receive):
    receive(X_Mark="7")
    [item] = graph.listed(**{"$select": "internetMessageHeaders"})

    assert item.keys() == {"@odata.etag", "id", "internetMessageHeaders"}
    assert {"name": "X-Mark", "value": "7"} in item["internetMessageHeaders"]
    refusal(graph.get("/me/messages", **{"$select": "subjct"}), 400, "RequestBroker--ParseUri")


def test_a_body_comes_as_html_unless_text_is_preferred(graph, world, mia):
    message = email.message_from_bytes(letter(to=mia.address), policy=email.policy.SMTP)
    message.add_alternative("<p>Hello there.</p>", subtype="html")
    world.deliver(message.as_bytes(), sender="bert@example.net", recipients=[mia.address])

    [usual] = graph.listed(**{"$select": "body"})
    [text] = graph.listed(headers={"Prefer": 'outlook.body-content-type="text"'}, **{"$select": "body"})

    assert (usual["body"]["contentType"], text["body"]["contentType"]) == ("html", "text")
    assert "<p>" not in text["body"]["content"]


def test_pages_lead_to_the_next_until_there_is_none(graph, five):
    pages, link = [], f"{graph.url}/me/mailFolders/inbox/messages?$top=2&$select=subject"
    while link:
        page = graph.get(link).json()
        pages.append(subjects(page["value"]))
        link = page.get("@odata.nextLink")

    assert pages == [["Message 4", "Message 3"], ["Message 2", "Message 1"], ["Message 0"]]


def test_messages_can_be_ordered_and_filtered_by_time(graph, five):
    oldest_first = graph.listed(**{"$orderby": "receivedDateTime asc"})
    middle = oldest_first[2]["receivedDateTime"]

    assert subjects(oldest_first) == [f"Message {number}" for number in range(5)]
    assert len(graph.listed(**{"$filter": f"receivedDateTime ge {middle}"})) == 3
    both = f"receivedDateTime ge {middle} and internetMessageId eq '<m3@example.net>'"
    assert subjects(graph.listed(**{"$filter": both, "$orderby": "receivedDateTime desc"})) == ["Message 3"]
    assert graph.listed(**{"$filter": "isRead eq true"}) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (
            {"$filter": "internetMessageId eq '<a@b>'", "$orderby": "receivedDateTime desc"},
            "InefficientFilter",
        ),
        ({"$filter": "importance eq 'high'"}, "ErrorInvalidUrlQueryFilter"),
        ({"$filter": "isRead eq true and"}, "ErrorInvalidUrlQueryFilter"),
        ({"$filter": "contains(subject,'x')"}, "ErrorInvalidUrlQueryFilter"),
        ({"$filter": "receivedDateTime ge yesterday"}, "BadRequest"),
        ({"$filter": "receivedDateTime ge 2026-10-01"}, "BadRequest"),
        ({"$orderby": "importance"}, "ErrorInvalidUrlQuery"),
        ({"$top": "many"}, "BadRequest"),
    ],
)
def test_a_query_that_graph_does_not_take_is_refused(graph, query, code):
    refusal(graph.get("/me/messages", **query), 400, code)


def test_a_message_can_be_had_as_it_travelled(graph, receive):
    stored = receive("Hi")
    identity = graph.listed()[0]["id"]

    response = graph.get(f"/me/messages/{identity}/$value")

    assert (response.content, response.headers["Content-Type"]) == (stored.raw, "text/plain")
    assert graph.get(f"/me/messages/{identity}", **{"$select": "subject"}).json()["subject"] == "Hi"


@pytest.mark.parametrize(("identity", "status"), [("nonsense", 400), ("AAMk!!", 400), ("AAkAYWJj", 404)])
def test_ids_that_are_none_are_told_apart(graph, identity, status):
    code = "ErrorInvalidIdMalformed" if status == 400 else "ErrorItemNotFound"

    refusal(graph.get(f"/me/messages/{identity}"), status, code)


def test_an_id_changes_with_the_folder_unless_it_is_immutable(microsoft, receive):
    graph = microsoft.graph(scopes=CHANGING)
    receive("Hi")
    [before], [fixed] = graph.listed(), graph.listed(headers=IMMUTABLE)

    moved = graph.post(f"/me/messages/{before['id']}/move", {"destinationId": "junkemail"})

    assert (moved.status_code, moved.json()["subject"]) == (201, "Hi")
    assert moved.json()["id"] != before["id"]
    refusal(graph.get(f"/me/messages/{before['id']}"), 404, "ErrorItemNotFound")
    assert graph.listed("junkemail", headers=IMMUTABLE)[0]["id"] == fixed["id"]
    assert graph.get(f"/me/messages/{fixed['id']}").status_code == 200


def test_spam_can_be_rescued_and_read(writing_graph, mia, receive):
    mia.faults.set("placement", times=1, label="SPAM")
    receive("Hi")
    [spam] = writing_graph.listed("junkemail")

    rescued = writing_graph.post(f"/me/messages/{spam['id']}/move", {"destinationId": "inbox"}).json()
    read = writing_graph.call("PATCH", f"/me/messages/{rescued['id']}", json={"isRead": True})

    assert (read.status_code, read.json()["isRead"]) == (200, True)
    assert writing_graph.listed("junkemail") == []
    assert writing_graph.get("/me/mailFolders/inbox").json()["unreadItemCount"] == 0


@pytest.mark.parametrize("wish", [{"isRead": "yes"}, {"subject": "Other"}, {"isRead": True, "from": {}}, []])
def test_what_arrived_cannot_be_rewritten(writing_graph, receive, wish):
    receive("Hi")
    identity = writing_graph.listed()[0]["id"]

    refusal(writing_graph.call("PATCH", f"/me/messages/{identity}", json=wish), 400, "RequestBodyRead")


def test_another_persons_message_is_not_found(microsoft, graph, olga, receive):
    receive("Hi")
    identity = graph.listed()[0]["id"]

    refusal(microsoft.graph(olga.address).get(f"/me/messages/{identity}"), 404, "ErrorItemNotFound")
