"""Rows as each revision found them, so that the next one is tried on a database in use.

They are written with the tables as they are at that moment and never with the models, which know only the newest.
"""

from datetime import date

import sqlalchemy as sa

from tests.migrations.campaign_rows import of_0010, of_0011
from tests.migrations.incoming_rows import of_0012
from tests.migrations.moment import AT

WORKSPACES = (1, 2)


def _of_0001(workspace_id):
    mine = {"workspace_id": workspace_id}
    yield (
        "workspace",
        {"id": workspace_id, "name": f"W{workspace_id}", "timezone": "Asia/Kolkata", "created_at": AT},
    )
    yield "workspace_key", mine | {"id": f"key{workspace_id}", "wrapped": "gAAAA", "created_at": AT}
    person = {
        "id": workspace_id,
        "email": f"ü{workspace_id}@x.test",
        "name": "Ünal",
        "password_hash": "$argon2id$",
    }
    yield "user_account", person | {"created_at": AT}
    yield "membership", mine | {"id": workspace_id, "user_id": workspace_id, "role": "owner"}
    times = {"created_at": AT, "seen_at": AT}
    browser = {"address": "192.0.2.1", "browser": "Firefox"}
    yield (
        "user_session",
        mine | times | browser | {"token_hash": str(workspace_id) * 64, "user_id": workspace_id},
    )
    yield "instance_fact", {"name": f"fact{workspace_id}", "value": "1"}


def _of_0002(workspace_id):
    mine = {"workspace_id": workspace_id}
    yield (
        "domain_health",
        mine | {"id": workspace_id, "name": "acme.test", "created_at": AT, "pause_reason": "Listed"},
    )
    yield "email_account_health", mine | _account(workspace_id)
    for leg, folders in (("smtp", []), ("imap", ["INBOX", "Gelöscht"])):
        yield "mail_server", mine | _server(workspace_id, leg, folders)
    counts = {"account_id": workspace_id, "day": date(2026, 11, 12), "sent": 7, "reserved": 2}
    yield "inbox_day", mine | counts
    event = {
        "account_id": workspace_id,
        "at": AT,
        "kind": "limit",
        "tone": "ok",
        "sentence": "Zwölf",
        "actor": None,
    }
    yield "health_event", mine | event | {"id": workspace_id}


def _account(number):
    return {
        "id": number,
        "email": "ava@acme.test",
        "display_name": "Ava",
        "provider": "smtp_imap",
        "domain_id": number,
        "created_at": AT,
        "overall_score": 71.5,
        "warmup_progress": 3,
        "current_stage": 2,
        "daily_send_limit": 20,
        "bounce_rate_7d": 0.025,
        "is_active": False,
        "is_active_changed_at": AT,
        "connection_state": "ok",
        "rotation_priority": 100,
        "restriction": "nurture",
    }


def _server(account_id, leg, folders):
    return {
        "account_id": account_id,
        "leg": leg,
        "host": "mail.acme.test",
        "port": 465,
        "security": "ssl",
        "username": "ava",
        "sealed_password": "key1:gAAAA",
        "allow_old_tls": True,
        "allow_unverified": False,
        "folders": folders,
        "checked_at": AT,
        "failure_detail": {"kind": "expired"},
    }


def _of_0003(workspace_id):
    test = {
        "id": workspace_id,
        "workspace_id": workspace_id,
        "user_id": workspace_id,
        "account_id": workspace_id,
        "purpose": "retest",
        "state": "failed",
        "settings": {"email": "ava@acme.test", "smtp_port": 465},
        "secrets_until": AT,
        "nonce": "0" * 32,
        "created_at": AT,
        "progress": [["smtp", "connect", "failed", ""]],
        "failure_detail": {},
        "folders": [],
    }
    yield "connection_test", test


def _of_0004(workspace_id):
    mine = {"id": workspace_id, "workspace_id": workspace_id}
    yield (
        "key_rotation",
        mine
        | {"key_id": f"key{workspace_id}", "asked_by": workspace_id, "started_at": AT}
        | {
            "total": 7,
            "done": 3,
            "keys_destroyed": 0,
        },
    )
    times = {"created_at": AT, "expires_at": AT}
    yield (
        "invitation",
        mine
        | times
        | {
            "token_hash": str(workspace_id) * 64,
            "email": "zoë@x.test",
            "role": "admin",
            "invited_by": workspace_id,
        },
    )
    done = {"action": "role_changed", "object_kind": "member", "object_id": "2", "object_name": "Zoë"}
    yield "audit_event", mine | done | {"at": AT, "user_id": workspace_id, "details": {"from": "viewer"}}


def _of_0005(workspace_id):
    mine = {"workspace_id": workspace_id, "account_id": workspace_id}
    sent = {
        "kind": "manual",
        "state": "ambiguous",
        "key": "a",
        "recipient": "zoë@x.test",
        "subject": "Grüße",
        "body": "Hi",
    }
    times = {"created_at": AT, "due_at": AT, "in_data_at": AT}
    counts = {"attempts": 1, "looks": 0, "timeline": [["2026", "queued", "", ""]], "message": b"From: a\r\n"}
    yield "send", mine | sent | times | counts | {"id": workspace_id, "asked_by": workspace_id}
    yield "inbox_hour", mine | {"hour": AT, "used": 3}
    yield "inbox_sender", mine | {"owner": "w", "lease_until": AT}
    gone = {"id": workspace_id, "email": "no@x.test", "reason": "opt_out", "created_at": AT}
    yield "suppression", {"workspace_id": workspace_id} | gone


def _of_0006(workspace_id):
    mine = {"workspace_id": workspace_id, "provider": "gmail"}
    client = {"client_id": "1.apps.test"}
    app = {"sealed_client_secret": "k1:s", "audience": "testing", "changed_by": "Zoë"}
    yield "provider_app", mine | client | app | {"changed_at": AT, "check": [["redirect", True, "Fits."]]}
    attempt = {
        "id": workspace_id,
        "user_id": workspace_id,
        "account_id": workspace_id,
        "state_hash": str(workspace_id) * 64,
        "purpose": "engage",
        "detail": {"missing": ["é"]},
    }
    yield "oauth_attempt", mine | attempt | {"returned_at": AT}
    tokens = {"sealed_access_token": "k1:a", "sealed_refresh_token": "k1:r", "scopes": "a b", "subject": "1"}
    times = {"access_until": AT, "granted_at": AT, "refreshed_at": AT, "refresh_at": AT}
    counts = {"version": 2, "refusals": 0, "failure_detail": {}}
    yield "oauth_grant", mine | client | tokens | times | counts | {"account_id": workspace_id}


def _of_0007(workspace_id):
    mine = {"workspace_id": workspace_id, "account_id": workspace_id}
    heard = {"kind": "permanent", "stream": "production", "cause": "send:1", "detail": "550 5.1.1 nö"}
    yield "inbox_event", mine | heard | {"id": workspace_id, "at": AT, "heard_at": AT, "send_id": 1}
    counts = {"stream": "warmup", "sent": 9, "failed": 1, "complaints": 0, "in_inbox": 4, "in_spam": 1}
    yield "inbox_mail_hour", mine | counts | {"hour": AT}
    yield "inbox_mail_day", mine | counts | {"day": AT.date()}
    yield "inbox_recent", mine | {"attempts": [[1, AT.isoformat(), "production", "permanent"]]}
    hold = {"hold_since": AT, "hold_causes": ["bounce"], "holds_begun": [AT.isoformat()]}
    standing = {"is_critical": True, "elevated_days": 2, "answered": 1, "warmup_sends": 77}
    yield "inbox_health_state", mine | hold | standing
    cooldown = {"kind": "complaint", "step": 2, "cause": "event:3", "events": [3], "said": "Später."}
    yield "cooldown", mine | cooldown | {"id": workspace_id, "began_at": AT, "until": AT}
    day = {"day": AT.date(), "score": 71, "reputation": 80, "stage": 2, "limit": 20}
    yield "health_day", mine | day | dict.fromkeys(("was_held", "was_cooling", "was_domain_paused"), True)


def _of_0008(workspace_id):
    mine = {"workspace_id": workspace_id}
    named = mine | {"id": workspace_id, "name": "Größe", "folded": "grösse"}
    yield "tag", named | {"is_client": True}
    yield "account_tag", mine | {"account_id": workspace_id, "tag_id": workspace_id}
    yield "saved_view", named | {"user_id": workspace_id, "query": "status=warming&tag=Gr%C3%B6%C3%9Fe"}
    token = {"token_hash": str(workspace_id) * 64, "user_id": workspace_id, "expires_at": AT}
    yield "undo", mine | token | {"id": workspace_id, "change": ["limit", 35, "manual"]}
    yield (
        "undo_value",
        mine | {"undo_id": workspace_id, "account_id": workspace_id, "before": [20, "automatic"]},
    )


def _of_0009(workspace_id):
    mine = {"workspace_id": workspace_id, "domain_id": workspace_id}
    said = {
        "verdict": "warn",
        "code": "policy_none",
        "sentence": "Nö",
        "expected": "v=DMARC1",
        "found": ["ü"],
    }
    times = {"found_at": AT, "checked_at": AT}
    yield "domain_check", mine | said | times | {"kind": "dmarc", "applies": True, "is_silent": False}
    seen = {"severity": 4, "words": "a spam domain", "raw": ["127.0.1.2"], "first_at": AT, "last_at": AT}
    yield (
        "domain_listing",
        mine | seen | {"id": workspace_id, "list_key": "spamhaus_dbl", "subject": "acme.test"},
    )
    heard = {"cause": "message:1", "at": AT, "dmarc": "fail", "spf": "pass", "selector": "google"}
    yield (
        "domain_observation",
        mine | heard | {"id": workspace_id, "has_aligned_dkim": False, "is_direct": True},
    )
    event = {"at": AT, "kind": "pause", "tone": "bad", "sentence": "Zwölf", "actor": None}
    yield "domain_spam_day", mine | {"day": AT.date(), "rate": 0.001}
    yield "domain_event", mine | event | {"id": workspace_id}


ROWS = {
    "0001": _of_0001,
    "0002": _of_0002,
    "0003": _of_0003,
    "0004": _of_0004,
    "0005": _of_0005,
    "0006": _of_0006,
    "0007": _of_0007,
    "0008": _of_0008,
    "0009": _of_0009,
    "0010": of_0010,
    "0011": of_0011,
    "0012": of_0012,
}


def write_rows(connection, revision):
    """The rows that a database in use has when this revision is its newest."""
    tables = sa.MetaData()
    tables.reflect(connection)
    for workspace_id in WORKSPACES:
        for name, values in ROWS[revision](workspace_id):
            connection.execute(tables.tables[name].insert().values(values))


def read_rows(connection):
    """Everything in every table, as a mapping that can be compared."""
    tables = sa.MetaData()
    tables.reflect(connection)
    return {
        name: sorted((dict(row) for row in connection.execute(sa.select(table)).mappings()), key=str)
        for name, table in tables.tables.items()
        if name != "alembic_version"
    }
