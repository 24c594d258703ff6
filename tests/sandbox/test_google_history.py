"""What happened in a practice mailbox since an id, in the published shapes."""


def test_history_tells_what_happened_since(gmail, ann, arrive):
    start = str(ann.history_id)
    stored = arrive()
    ann.relabel(stored, add=["SPAM"], remove=["INBOX"])
    ann.discard(stored)

    answer = gmail.get("history", startHistoryId=start).json()
    added, labelled, unlabelled, deleted = answer["history"]
    named = {"id": stored.id, "threadId": stored.thread_id}

    assert answer["historyId"] == str(ann.history_id)
    assert added == {
        "id": "981007",
        "messages": [named],
        "messagesAdded": [{"message": named | {"labelIds": ["INBOX", "UNREAD"]}}],
    }
    assert labelled["labelsAdded"][0]["labelIds"] == ["SPAM"]
    assert unlabelled["labelsRemoved"][0]["labelIds"] == ["INBOX"]
    assert deleted["messagesDeleted"] == [{"message": named}]


def test_history_with_nothing_new_has_only_its_id(gmail, ann):
    assert gmail.get("history", startHistoryId=ann.history_id).json() == {"historyId": str(ann.history_id)}


def test_history_is_filtered_and_paged(gmail, ann, arrive):
    start, arrived = ann.history_id, [arrive() for _ in range(3)]
    ann.relabel(arrived[0], add=["STARRED"])
    asked = {"startHistoryId": start, "historyTypes": ["messageAdded"], "maxResults": 2}

    first = gmail.get("history", **asked).json()
    second = gmail.get("history", **asked, pageToken=first["nextPageToken"]).json()

    told = [record["messages"][0]["id"] for page in (first, second) for record in page["history"]]
    assert told == [stored.id for stored in arrived]
    assert "nextPageToken" not in second
    starred = gmail.get("history", startHistoryId=start, labelId="STARRED").json()["history"]
    assert {record["messages"][0]["id"] for record in starred} == {arrived[0].id}


def test_history_before_the_floor_is_not_found(google, ann, arrive, clock):
    start = ann.history_id
    arrive()
    newest = ann.history_id
    clock.advance(days=7, seconds=1)
    gmail = google.gmail()

    refused = gmail.get("history", startHistoryId=start)

    assert (refused.status_code, refused.json()["error"]["errors"][0]["reason"]) == (404, "notFound")
    assert gmail.get("history", startHistoryId=newest).status_code == 200
    assert gmail.get("history", startHistoryId=newest + 1).status_code == 404
    assert gmail.get("history", startHistoryId="x").status_code == 400


def test_history_can_be_lost_at_once(gmail, ann):
    start = ann.history_id
    ann.faults.set("history_gone")

    assert gmail.get("history", startHistoryId=start).status_code == 404
    now = gmail.get("profile").json()["historyId"]
    assert gmail.get("history", startHistoryId=now).status_code == 200
