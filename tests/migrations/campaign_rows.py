"""Rows as 0010 and 0011 keep them: contacts, imports and campaigns."""

from tests.migrations.moment import AT


def of_0010(workspace_id):
    mine, one = {"workspace_id": workspace_id}, {"id": workspace_id}
    yield "address_book", mine | one | {"name": "Käufer", "created_at": AT}
    person = {"email": "zoë@x.test", "first_name": "Zoë", "last_name": "", "fields": {"company": "Öl"}}
    yield "contact", mine | one | person | {"created_at": AT, "changed_at": AT}
    yield "book_contact", mine | {"book_id": workspace_id, "contact_id": workspace_id}
    yield "contact_tag", mine | {"contact_id": workspace_id, "tag": "vip"}
    file = {"file": None, "file_name": "kä.csv", "encoding": "cp1252", "delimiter": ";", "has_header": True}
    read = {"columns": ["email"], "titles": ["E-Mail"], "tags": ["vip"], "duplicates": "skip"}
    counts = {"total": 3, "done": 3, "added": 1, "updated": 0, "skipped": 1, "unread": 1}
    done = {"state": "done", "book_id": workspace_id, "asked_by": workspace_id}
    yield "contact_import", mine | one | file | read | counts | done | {"created_at": AT, "finished_at": AT}
    unread = {"import_id": workspace_id, "line": 4, "values": ["=x"], "sentence": "“=x” is no address."}
    yield "contact_import_unread", mine | unread


def of_0011(workspace_id):
    mine, one = {"workspace_id": workspace_id}, {"id": workspace_id}
    of_campaign = mine | {"campaign_id": workspace_id}
    hours = {"timezone": "Asia/Kolkata", "days": [0, 1], "opens": 540, "closes": 1020}
    named = {"name": "Käufer", "campaign_type": "nurture", "min_health_score": 65, "state": "running"}
    yield "campaign", mine | one | named | hours | {"created_at": AT, "book_id": 1, "next_at": AT}
    yield (
        "campaign_step",
        of_campaign | {"number": 0, "delay_days": 0, "subject": "Grüße", "body": "Hi", "html": ""},
    )
    yield "campaign_inbox", of_campaign | {"account_id": workspace_id}
    stands = {"state": "waiting", "step": 1, "due_at": AT, "account_id": workspace_id, "deferrals": 2}
    yield "campaign_contact", of_campaign | {"contact_id": workspace_id} | stands
    pool = [[workspace_id, "ava@acme.test", [["COOLDOWN", False, "until", "", "Später."]]]]
    counts = {"due": 1, "placed": 0, "deferred": 1, "reasons": {"COOLDOWN": 1}, "turned": []}
    judged = {"campaign_type": "nurture", "floor": 65, "pool": pool}
    yield "batch", of_campaign | one | judged | counts | {"began_at": AT, "sentence": "Später."}
    late = {"batch_id": workspace_id, "contact_id": workspace_id, "step": 1, "until": AT}
    yield "deferral", mine | late
    yield "inbox_rotation", mine | {"account_id": workspace_id, "last_used_at": AT, "next_slot_at": AT}
