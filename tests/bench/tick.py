"""What a tick over 1,000 inboxes and 10,000 due messages costs, against a bare loop over the same rows."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from nimbus.extensions import db
from nimbus.models import Send
from nimbus.services.run_batch import run_batch
from tests.bench.campaigns import again, campaign
from tests.bench.measure import alternate, report
from tests.services.campaigning import all_rows

INBOXES, MESSAGES, TIMES, LIMIT = 1000, 10_000, 3, 3
_AT = "2026-11-12 10:00:00.000000"
_POOL = """
SELECT a.*, d.name, d.pause_reason, r.last_used_at, r.next_slot_at,
 coalesce((SELECT sent + reserved FROM inbox_day WHERE account_id = a.id AND day = '2026-11-12'), 0),
 coalesce((SELECT sum(used) FROM inbox_hour WHERE account_id = a.id AND hour >= '2026-11-11'), 0),
 (SELECT count(*) FROM send WHERE account_id = a.id AND state = 'queued' AND kind = 'campaign')
FROM campaign_inbox p JOIN email_account_health a ON a.id = p.account_id
JOIN domain_health d ON d.id = a.domain_id LEFT JOIN inbox_rotation r ON r.account_id = a.id
WHERE p.campaign_id = 1 AND a.removed_at IS NULL
"""
_ONE = f"{_POOL} AND p.account_id = ?"
_DUE = """
SELECT c.contact_id, c.step, p.email, p.first_name, p.fields FROM campaign_contact c
JOIN contact p ON p.id = c.contact_id WHERE c.campaign_id = 1 AND c.state = 'waiting'
"""
_SLOT = """
INSERT INTO inbox_rotation (workspace_id, account_id, last_used_at, next_slot_at) VALUES (1, ?, ?, ?)
ON CONFLICT (account_id) DO UPDATE SET last_used_at = excluded.last_used_at, next_slot_at = excluded.next_slot_at
"""
_MOVE = """
UPDATE campaign_contact SET state = 'placed', account_id = ?, deferrals = 0
WHERE workspace_id = 1 AND campaign_id = 1 AND contact_id = ? AND state = 'waiting' AND step = ?
AND EXISTS (SELECT 1 FROM campaign WHERE id = 1 AND state = 'running')
AND NOT EXISTS (SELECT 1 FROM suppression WHERE workspace_id = 1 AND email = ?)
"""
_PUT = """
INSERT INTO send (workspace_id, account_id, kind, state, key, recipient, subject, body, headers, created_at, due_at,
 attempts, looks, timeline, campaign_id, contact_id, step, batch_id)
VALUES (1, ?, 'campaign', 'queued', ?, ?, 'A question', ?, ?, ?, ?, 0, 0, '[]', 1, ?, ?, 1)
"""


def run() -> bool:
    """Microseconds of CPU for each message that found a slot in this quarter of an hour; the rest stays due.

    The bare loop writes as many, each in a transaction of its own.
    """
    with campaign(INBOXES, MESSAGES) as app, app.app_context():
        path = app.extensions["nimbus.settings"].data_dir / "nimbus.sqlite3"
        placed = 0
        body = "we read about your new warehouse and have a question.\n" * 12

        def ours() -> float:
            nonlocal placed
            again()
            took = _cpu(lambda: run_batch(1, 1))
            placed = len(all_rows(Send))
            assert placed > 3 * INBOXES
            db.session.rollback()
            return took / placed

        def floor() -> float:
            again()
            db.session.rollback()
            return _cpu(lambda: _bare(path, body, placed)) / placed

        return report("tick", *alternate(ours, floor, times=TIMES, warm_up=1), unit="us", limit=LIMIT)


def _bare(path: Path, body: str, most: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=FULL")
        pool = [row[0] for row in database.execute(_POOL)]
        for number, (contact_id, step, email, *_) in enumerate(database.execute(_DUE).fetchall()[:most]):
            inbox = pool[number % len(pool)]
            key, headers = f"campaign:1:{contact_id}:{step}", '{"List-Unsubscribe": "<mailto:a@b.test>"}'
            database.execute("BEGIN IMMEDIATE")
            database.execute(_SLOT, (inbox, _AT, _AT))
            database.execute(_ONE, (inbox,)).fetchall()
            database.execute(_MOVE, (inbox, contact_id, step, email))
            database.execute(_PUT, (inbox, key, email, body, headers, _AT, _AT, contact_id, step))
            database.execute("COMMIT")


def _cpu(work: object) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e6
