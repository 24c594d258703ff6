"""The account list, 50 rows of 1,000 inboxes, from the request to the bytes, against its bare query."""

import sqlite3

from flask import Flask

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import DomainHealth, EmailAccountHealth, Workspace
from tests.bench.connection_test import application
from tests.bench.measure import alternate, milliseconds, report
from tests.browse import Browser
from tests.factories import make_cast

INBOXES, DOMAINS, TIMES = 1000, 120, 40
_BARE = """
SELECT a.*, d.*, coalesce(i.sent + i.reserved, 0) FROM email_account_health a
JOIN domain_health d ON d.id = a.domain_id
LEFT JOIN inbox_day i ON i.account_id = a.id AND i.day = date('now')
WHERE a.workspace_id = ? AND a.removed_at IS NULL ORDER BY a.current_stage, a.email LIMIT 50
"""


def fill(workspace_id: int, inboxes: int = INBOXES, domains: int = DOMAINS) -> None:
    """A fleet of bare rows: enough for a list."""
    workspace = db.session.get_one(Workspace, workspace_id)
    names = [
        DomainHealth(workspace_id=workspace.id, name=f"try-acme{number}.com", created_at=now())
        for number in range(domains)
    ]
    db.session.add_all(names)
    db.session.flush()
    db.session.add_all(
        EmailAccountHealth(
            workspace_id=workspace.id,
            email=f"person{number}@{names[number % domains].name}",
            display_name=f"Person {number}",
            provider="smtp_imap",
            domain_id=names[number % domains].id,
            daily_send_limit=20 + number % 30,
            current_stage=number % 6,
            overall_score=float(number % 101),
            bounce_rate_7d=(number % 50) / 1000,
            created_at=now(),
        )
        for number in range(inboxes)
    )
    db.session.commit()


def run() -> bool:
    """In process: session, scope, query, counts, template, compression."""
    with application() as app:
        browser = _signed_in(app)
        file = app.extensions["nimbus.settings"].data_dir / "nimbus.sqlite3"
        database = sqlite3.connect(file)

        def ours() -> float:
            return milliseconds(
                lambda: browser.client.get("/email-accounts", headers={"Accept-Encoding": "gzip"})
            )

        def floor() -> float:
            return milliseconds(lambda: database.execute(_BARE, (1,)).fetchall())

        figures = alternate(ours, floor, times=TIMES, warm_up=5)
        database.close()
        return report("account_list", *figures, unit="ms", limit=30)


def _signed_in(app: Flask) -> Browser:
    with app.app_context():
        person = make_cast().alice
        fill(person.workspace_id)
    return Browser(app).sign_in(person)
