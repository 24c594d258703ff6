"""Whether work gets done: the queue, the workers, the scheduler, and what waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nimbus import queues
from nimbus.clock import SystemClock
from nimbus.rules import sizes
from nimbus.rules.durations import in_words
from nimbus.rules.installation_health import Health, backlog_health, worst
from nimbus.services.check import Check, unknown
from nimbus.settings import current_settings

WORK = {
    queues.INTERACTIVE: "connection tests",
    queues.SEND: "sending",
    queues.SYNC: "replies",
    queues.MAINTENANCE: "upkeep",
}
_PATIENCE = {queues.INTERACTIVE: timedelta(minutes=1)}  # somebody is watching
_USUAL_PATIENCE = timedelta(minutes=15)
_KEEPS_ALL = "noeviction"
_AWAY = "the queue does not answer"


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A queue: what its jobs do, how many wait, for how many seconds the oldest has, how many workers serve it."""

    name: str
    work: str
    waiting: int
    oldest_seconds: int
    workers: int


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """A worker that lives: the work it does, whether it is idle or busy, and how long ago it was heard of."""

    name: str
    work: tuple[str, ...]
    state: str
    seconds_ago: int


def work_checks() -> list[Check]:
    """Queue, workers, scheduler. Waits at most a second for a queue that does not answer."""
    if queues.queue_reachable():
        return [Check("queue", Health.OK, "Queue", "It answers."), _workers(), _scheduler()]
    embedded = current_settings().redis_url is None
    return [
        Check(
            "queue",
            Health.FAIL,
            "Queue",
            "It does not answer. Work waits in the database.",
            command="make run" if embedded else None,
            advice=None if embedded else "Start the server that REDIS_URL names.",
        ),
        unknown("worker", "Background worker", _AWAY),
        unknown("scheduler", "Scheduler", _AWAY),
    ]


def backlog_check(lines: list[QueueLine] | None) -> Check:
    """Whether anything waits longer than it should; None stands for a queue that does not answer."""
    if lines is None:
        return unknown("backlog", "Waiting work", _AWAY)
    waiting = sum(line.waiting for line in lines)
    if not waiting:
        return Check("backlog", Health.OK, "Waiting work", "None.")
    late = [line for line in lines if _lateness(line) != Health.OK]
    if not late:
        oldest = max(line.oldest_seconds for line in lines)
        sentence = f"{waiting:,}, the oldest for {oldest} s."
        return Check("backlog", Health.OK, "Waiting work", sentence)
    told = "; ".join(
        f"{line.waiting:,} for {line.work}, the oldest for {in_words(timedelta(seconds=line.oldest_seconds))}"
        for line in late
    )
    return Check(
        "backlog", worst(map(_lateness, late)), "Waiting work", f"Too slow: {told}.", command="make worker"
    )


def queue_memory_check(facts: dict[str, str] | None) -> Check:
    """Whether the queue's server would throw work away when its memory is full; `facts` are None when it is away."""
    title = "Queue's memory"
    if facts is None:
        return unknown("queue_memory", title, _AWAY)
    policy, used = facts.get("maxmemory_policy", _KEEPS_ALL), int(facts.get("used_memory", "0"))
    if facts.get("maxmemory", "0") == "0" or policy == _KEEPS_ALL:
        sentence = f"{sizes.in_words(used)} used, and nothing is thrown away."
        return Check("queue_memory", Health.OK, title, sentence)
    sentence = f"{sizes.in_words(used)} used. When it is full, what waits may be thrown away ({policy})."
    advice = f"Set maxmemory-policy to {_KEEPS_ALL} on that server. Work that is lost is asked for again, but later."
    return Check("queue_memory", Health.WARN, title, sentence, advice=advice)


def server_version(facts: dict[str, str] | None) -> dict[str, str]:
    """Name and version of the queue's server; nothing while it is away."""
    facts = facts or {}
    known = {"Valkey": facts.get("valkey_version"), "Redis": facts.get("redis_version")}
    return next(({name: version} for name, version in known.items() if version), {})


def queue_lines() -> list[QueueLine] | None:
    """Every queue as it is now; None when the queue does not answer."""
    lengths, moment = queues.lengths(), SystemClock().now()
    if lengths is None:
        return None
    served = [name for worker in queues.workers_alive(moment) for name in worker.queues]
    return [
        QueueLine(name, WORK[name], length.waiting, _seconds(length.oldest_since, moment), served.count(name))
        for name, length in lengths.items()
    ]


def worker_lines() -> list[WorkerLine]:
    """Every worker heard of in the last minute."""
    moment = SystemClock().now()
    return [
        WorkerLine(
            worker.name,
            tuple(WORK[name] for name in worker.queues if name in WORK),
            worker.state,
            _seconds(worker.last_seen, moment),
        )
        for worker in queues.workers_alive(moment)
    ]


def _lateness(line: QueueLine) -> Health:
    patience = _PATIENCE.get(line.name, _USUAL_PATIENCE)
    return backlog_health(timedelta(seconds=line.oldest_seconds), patience)


def _seconds(since: datetime | None, moment: datetime) -> int:
    return max(0, int((moment - since).total_seconds())) if since else 0


def _workers() -> Check:
    # Workers beat in the machine's time, wherever the product's clock was moved to.
    moment = SystemClock().now()
    alive = queues.workers_alive(moment)
    served = {name for worker in alive for name in worker.queues}
    waiting = [word for name, word in WORK.items() if name not in served]
    if waiting:
        what = f" for {' and '.join(waiting)}" if alive else ""
        sentence = f"None is running{what}. Without one, that work waits."
        return Check("worker", Health.FAIL, "Background worker", sentence, "make worker")
    seconds = _seconds(max(worker.last_seen for worker in alive), moment)
    return Check(
        "worker", Health.OK, "Background worker", f"{len(alive)} running, last seen {seconds} s ago."
    )


def _scheduler() -> Check:
    if queues.scheduler_alive():
        sentence = "Running. It looks every few seconds for work that waits."
        return Check("scheduler", Health.OK, "Scheduler", sentence)
    sentence = "Not running. Nothing is tried again by itself."
    return Check("scheduler", Health.FAIL, "Scheduler", sentence, "make scheduler")
