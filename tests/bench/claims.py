"""What claiming a message costs, on either database, against the bare statements in the same driver."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import psycopg
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import Send
from nimbus.models.base import table_of
from nimbus.services.send_ledger import claim_next
from tests.bench.connection_test import application
from tests.bench.measure import alternate, milliseconds, report
from tests.factories import make_email_account, make_inbox_day, make_workspace
from tests.servers.availability import missing
from tests.servers.postgres import Postgres

INBOXES, CLAIMS, TIMES, WARM_UP, LIMIT = 20, 100, 15, 3, 3
# All that a claim has to read and write, by hand and with nothing around it.
_OLDEST = """
SELECT s.id, s.recipient, s.subject, s.body, a.is_active, a.connection_state, a.cooldown_until, a.removed_at, d.name,
d.pause_reason, w.timezone, x.reason, (SELECT sum(used) FROM inbox_hour WHERE account_id = a.id AND hour >= ?)
FROM send s JOIN email_account_health a ON a.id = s.account_id JOIN domain_health d ON d.id = a.domain_id
JOIN workspace w ON w.id = s.workspace_id
LEFT JOIN suppression x ON x.workspace_id = s.workspace_id AND x.email = s.recipient
WHERE s.account_id = ? AND s.state = 'queued' AND s.due_at <= ? ORDER BY s.due_at LIMIT 1
"""
_COUNT_HOUR = """
INSERT INTO inbox_hour (workspace_id, account_id, hour, used) VALUES (?, ?, ?, 1)
ON CONFLICT (account_id, hour) DO UPDATE SET used = inbox_hour.used + 1
"""
_COUNT_DAY = """
UPDATE inbox_day SET reserved = reserved + 1 WHERE account_id = ? AND day = ?
AND sent + reserved < (SELECT daily_send_limit FROM email_account_health WHERE id = ?)
"""
_TAKE = """
UPDATE send SET state = 'claimed', owner = ?, lease_until = ?, day = ?, hour = ?, message_id = ?, timeline = ?
WHERE id = ? AND state = 'queued'
"""
_LINE = '[["2026-11-22T12:00:00.000+00:00", "claimed", "A worker took the message.", ""]]'

Run = Callable[[str, tuple[Any, ...]], Any]


def run() -> bool:
    """SQLite as `make run` uses it; Postgres, where it is installed, with every commit on the disk."""
    kept = [_compare("sqlite", None)]
    if reason := missing().get("postgres"):
        sys.stdout.write(f"bench claims_postgres left out: {reason}\n")
    else:
        with Postgres(fsync="on", synchronous_commit="on", full_page_writes="on") as cluster:
            kept.append(_compare("postgres", cluster.create_database()))
    return all(kept)


def _compare(database: str, url: str | None) -> bool:
    environ = {"DATABASE_URL": url} if url else {}
    with application(**environ) as app, app.app_context():
        workspace_id = make_workspace(timezone="UTC")
        ours = _inboxes(workspace_id, "ours")
        bare = _inboxes(workspace_id, "bare")
        file = app.extensions["nimbus.settings"].data_dir / "nimbus.sqlite3"
        with _postgres(url) if url else _sqlite(file) as claim:

            def claim_ours() -> float:
                return milliseconds(
                    lambda: [claim_next(workspace_id, next(ours), "owner").id for _ in range(CLAIMS)]
                )

            def claim_bare() -> float:
                return milliseconds(lambda: [claim(next(bare)) for _ in range(CLAIMS)])

            figures = alternate(claim_ours, claim_bare, times=TIMES, warm_up=WARM_UP)
        each = [figure * 1000 / CLAIMS for figure in figures]
        return report(f"claims_{database}", *each, unit="us", limit=LIMIT)


def _inboxes(workspace_id: int, name: str) -> Iterator[int]:
    """Inboxes with enough to send and a day's budget that is begun; their ids in turn, for ever."""
    accounts = [
        make_email_account(
            workspace_id, f"{name}{number}@acme.test", provider="microsoft", daily_send_limit=9000
        )
        for number in range(INBOXES)
    ]
    due = now() - timedelta(hours=1)
    row = {"workspace_id": workspace_id, "kind": "campaign", "state": "queued", "recipient": "ann@beta.test"}
    row |= {
        "subject": "Hello",
        "body": "A few words.",
        "created_at": due,
        "attempts": 0,
        "timeline": [],
        "looks": 0,
    }
    rows = [
        row | {"account_id": account, "key": f"{account}-{number}", "due_at": due + timedelta(seconds=number)}
        for account in accounts
        for number in range(CLAIMS * (TIMES + WARM_UP) // INBOXES + 1)
    ]
    with transaction() as session:
        session.execute(sa.insert(table_of(Send)), rows)
    for account in accounts:
        make_inbox_day(workspace_id, account)
    return cycle(accounts)


@contextmanager
def _sqlite(file: str) -> Iterator[Callable[[int], None]]:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")

    def claim(account: int) -> None:
        moment = datetime.now(UTC).replace(tzinfo=None)
        connection.execute("BEGIN IMMEDIATE")
        _bare_claim(connection.execute, account, moment.isoformat(" "), moment.date().isoformat())
        connection.execute("COMMIT")

    yield claim
    connection.close()


@contextmanager
def _postgres(url: str) -> Iterator[Callable[[int], None]]:
    address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:

        def run_(statement: str, values: tuple[Any, ...]) -> Any:
            return connection.execute(statement.replace("?", "%s"), values)

        def claim(account: int) -> None:
            moment = datetime.now(UTC)
            _bare_claim(run_, account, moment, moment.date())
            connection.commit()

        yield claim


def _bare_claim(execute: Run, account: int, moment: Any, day: Any) -> None:
    send_id, *_ = execute(_OLDEST, (day, account, moment)).fetchone()
    execute(_COUNT_HOUR, (1, account, day))
    assert execute(_COUNT_DAY, (account, day, account)).rowcount == 1
    taken = ("owner", moment, day, day, f"<{send_id}@acme.test>", _LINE, send_id)
    assert execute(_TAKE, taken).rowcount == 1
