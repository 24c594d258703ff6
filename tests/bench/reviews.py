"""What judging a fleet anew costs in CPU, against a bare loop over the same rows and the same rules; and how it grows."""

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from nimbus.clock import now
from nimbus.rules.health_facts import Day, HealthFacts, Streams
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_review import review
from nimbus.rules.limit_ramp import LimitMode
from nimbus.rules.mailbox_kinds import mailbox_kind
from nimbus.rules.outcomes import Attempt, Outcome, Stream
from nimbus.rules.outside_signals import NotKnown
from nimbus.rules.placement import Placement
from nimbus.rules.providers import ConnectionState, Provider
from nimbus.rules.rates import Tally, window_start
from nimbus.rules.score_caps import DomainFacts
from nimbus.services.health_memory import remembered_inbox
from nimbus.services.review_inboxes import review_inboxes
from tests.bench.account_list import fill
from tests.bench.connection_test import application
from tests.bench.measure import alternate, report
from tests.factories import make_workspace

INBOXES, TIMES, LIMIT = 1000, 5, 2
SMALL, LARGE = 100, 10_000
GROWTH_LIMITS = {SMALL: 1.5, INBOXES: 1.25}  # a hundred fit into the processor's own memory
HISTORY, HOURS = 90, 8 * 24  # days; of the hours every sixth has mail

_ADD_DAY = "INSERT INTO inbox_mail_day VALUES (?, ?, ?, ?, 12, 0, 0, 3, 0)"
_ADD_HOUR = "INSERT INTO inbox_mail_hour VALUES (?, ?, ?, ?, 3, 0, 0, 1, 0)"
_ADD_RING = "INSERT INTO inbox_recent (workspace_id, account_id, attempts) VALUES (?, ?, ?)"
_INBOXES = """
SELECT a.*, s.*, d.name AS domain, d.pause_reason FROM email_account_health a JOIN domain_health d ON d.id = a.domain_id
LEFT JOIN inbox_health_state s ON s.account_id = a.id WHERE a.workspace_id = ?
"""
_WEEK = """
SELECT account_id, stream, sum(sent), sum(failed), sum(complaints), sum(in_inbox), sum(in_spam) FROM inbox_mail_hour
WHERE hour >= ? GROUP BY account_id, stream
"""
_DAYS = "SELECT account_id, day, stream, sent, failed, complaints FROM inbox_mail_day WHERE day > ?"


def run() -> bool:
    """A thousand inboxes against the bare loop, and what one costs among ten thousand against one among fewer."""
    each: dict[int, float] = {}
    with _fleet(INBOXES) as (ours, floor):
        kept = [report("reviews", *alternate(ours, floor, times=TIMES), unit="ms", limit=LIMIT)]
        each[INBOXES] = _each(ours, INBOXES)
    for inboxes in (SMALL, LARGE):
        with _fleet(inboxes) as (ours, _floor):
            each[inboxes] = _each(ours, inboxes)
    for fewer, limit in GROWTH_LIMITS.items():
        name = f"reviews_growth_from_{fewer}"
        kept.append(report(name, each[LARGE], each[fewer], unit="us", limit=limit))
    return all(kept)


def _each(ours: Callable[[], float], inboxes: int) -> float:
    """Microseconds of CPU for one inbox, the least of some looks at all of them."""
    return min(ours() for _ in range(3 if inboxes == LARGE else 6)) * 1000 / inboxes


@contextmanager
def _fleet(inboxes: int) -> Iterator[tuple[Callable[[], float], Callable[[], float]]]:
    with application() as app, app.app_context():
        workspace_id = make_workspace(timezone="UTC")
        fill(workspace_id, inboxes)
        database = sqlite3.connect(app.extensions["nimbus.settings"].data_dir / "nimbus.sqlite3")
        database.row_factory = sqlite3.Row
        _remember(database, workspace_id, inboxes)
        review_inboxes(workspace_id)
        yield (
            lambda: _look(database, workspace_id),
            lambda: _cpu(lambda: _bare(database, workspace_id)),
        )
        database.close()


def _look(database: sqlite3.Connection, workspace_id: int) -> float:
    """As after news of each of them: every inbox is due, and what is remembered of it is written."""
    database.execute("UPDATE inbox_health_state SET dirty_at = '2026-01-01 00:00:00.000000'")
    database.commit()
    return _cpu(lambda: review_inboxes(workspace_id))


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def _remember(database: sqlite3.Connection, workspace_id: int, inboxes: int) -> None:
    """Three months of mail for each, as it is counted."""
    hour = now().replace(minute=0, second=0, microsecond=0, tzinfo=None)
    days = [(hour - timedelta(days=age)).date().isoformat() for age in range(HISTORY)]
    hours = [(hour - timedelta(hours=age)).isoformat(" ") + ".000000" for age in range(0, HOURS, 6)]
    ring = [
        [n, (hour - timedelta(hours=n)).isoformat() + "+00:00", "production", "clean"]
        for n in range(50, 0, -1)
    ]
    columns = "(account_id, {}, stream, workspace_id, sent, failed, complaints, in_inbox, in_spam)"
    for statement, slot, moments in ((_ADD_DAY, "day", days), (_ADD_HOUR, "hour", hours)):
        rows = (
            (account, moment, stream, workspace_id)
            for account in range(1, inboxes + 1)
            for moment in moments
            for stream in Stream
        )
        database.executemany(statement.replace(" VALUES", f" {columns.format(slot)} VALUES"), rows)
    written = json.dumps(ring)
    database.executemany(_ADD_RING, ((workspace_id, account, written) for account in range(1, inboxes + 1)))
    database.commit()


def _bare(database: sqlite3.Connection, workspace_id: int) -> None:
    """The same rows, the same rules, and nothing kept."""
    moment = now()
    start = window_start(moment).replace(tzinfo=None).isoformat(" ") + ".000000"
    weeks: dict[tuple[int, str], tuple[Tally, Placement]] = {}
    for account, stream, *sums in map(tuple, database.execute(_WEEK, (start,))):
        weeks[account, stream] = Tally(*sums[:3]), Placement(sums[3], sums[3] + sums[4])
    days: dict[int, list[Day]] = defaultdict(list)
    since = (moment.date() - timedelta(days=28)).isoformat()
    for account, day, stream, *counts in map(tuple, database.execute(_DAYS, (since,))):
        age, tally = (moment.date() - datetime.fromisoformat(day).date()).days, Tally(*counts)
        is_warmup = stream == Stream.WARMUP
        days[account].append(Day(age, Tally() if is_warmup else tally, tally if is_warmup else Tally()))
    rings = dict(map(tuple, database.execute("SELECT account_id, attempts FROM inbox_recent")))
    for row in database.execute(_INBOXES, (workspace_id,)).fetchall():
        _judge(dict(row), moment, weeks, days=days[row["id"]], ring=rings[row["id"]])


def _judge(row: dict, moment: datetime, weeks: dict, *, days: list[Day], ring: str) -> None:
    known = SimpleNamespace(**row | dict.fromkeys(("hold_causes", "holds_begun"), ()))
    for name in (
        "hold_since",
        "good_since",
        "judged_from",
        "fell_at",
        "elevated_on",
        "raised_on",
        "raised_at",
    ):
        setattr(known, name, None)
    known.hold_state = HoldState(row["hold_state"])
    nothing = Tally(), Placement()
    (production, _), (warmup, placed) = (weeks.get((row["id"], stream), nothing) for stream in Stream)
    streams = Streams(production, warmup)
    attempts = [
        Attempt(datetime.fromisoformat(at), Stream(stream), Outcome(outcome))
        for _, at, stream, outcome in json.loads(ring)
    ]
    facts = HealthFacts(
        now=moment,
        today=moment.astimezone(UTC).date(),
        kind=mailbox_kind(Provider(row["provider"]), row["domain"]),
        connection_state=ConnectionState(row["connection_state"]),
        domain=DomainFacts(pause_reason=row["pause_reason"]),
        limit_mode=LimitMode(row["limit_mode"]),
        is_warmup_off=False,
        week=streams,
        judged=streams,
        days=days,
        attempts=attempts,
        warmup_sends=row["warmup_sends"],
        placement=placed,
        postmaster=NotKnown.NOT_CONNECTED,
        snds=NotKnown.NOT_CONNECTED,
        yahoo=NotKnown.NOT_CONNECTED,
        last_mail_at=None,
        yesterday=None,
        said_fixed=False,
        complaints_on_probation=0,
    )
    review(remembered_inbox(known, ()), facts)
