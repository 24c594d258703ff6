"""Rows as 0012 keeps them: how far inboxes were read, and what came to them."""

from tests.migrations.moment import AT


def of_0012(workspace_id):
    mine = {"workspace_id": workspace_id, "account_id": workspace_id}
    state = {"next_at": AT, "failures": 2, "problem": "Später.", "synced_at": AT}
    folders = {"folders": [["Entwürfe", None, 3]], "backlog": 9, "backlog_done": 4}
    yield "inbox_sync", mine | state | folders
    for role, name in (("inbox", "INBOX"), ("spam", "Spamverdacht")):
        yield "sync_folder", mine | {"role": role, "name": name, "uid_validity": 4_000_000_000, "last_uid": 7}
    key = {"id": workspace_id, "role": "inbox", "remote_key": "inbox:1:7", "identity": "0" * 64}
    said = {
        "sender": "zoë@x.test",
        "subject": "Grüße",
        "text": "Ja",
        "evidence": ["ü"],
        "kind": "reply",
        "counts": True,
    }
    ids = {"message_id": "<a@x.test>", "refers_to": ["<b@x.test>"], "send_id": 1}
    times = {"received_at": AT, "fetched_at": AT, "size": 7, "tries": 0, "state": "parsed"}
    kept = {"thread_id": workspace_id, "corrections": [["2026-11-23T10:00:00", "Zoë", "other", "not_now"]]}
    yield "incoming", mine | key | said | ids | times | kept
    thread = {"id": workspace_id, "address": "zoë@x.test", "subject": "Grüße", "reply_class": "not_now"}
    yield (
        "thread",
        mine | thread | {"last_at": AT, "last_id": workspace_id, "done_by": "Zoë", "campaign_id": 1},
    )
