"""The list of what runs and what comes next. Every line is looked up now, none is remembered."""

from dataclasses import dataclass

from nimbus import queues
from nimbus.clock import SystemClock

_WORK = {
    queues.INTERACTIVE: "connection tests",
    queues.SEND: "sending",
    queues.SYNC: "replies",
    queues.MAINTENANCE: "upkeep",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line: `state` is ok, fail or todo; `command` repairs it when a person types it."""

    key: str
    state: str
    title: str
    sentence: str
    command: str | None = None
    action: str | None = None


def run_checks(accounts: int) -> list[Check]:
    """All lines, in the order they matter. Waits at most a second for a queue that does not answer."""
    if not queues.queue_reachable():
        down = Check("queue", "fail", "Queue", "It does not answer. Work waits in the database.", "make run")
        return [down, *_unknown(), _first_inbox(accounts)]
    return [
        Check("queue", "ok", "Queue", "It answers."),
        _workers(),
        _scheduler(),
        _first_inbox(accounts),
    ]


def _workers() -> Check:
    # Workers beat in the machine's time, wherever the product's clock was moved to.
    moment = SystemClock().now()
    alive = queues.workers_alive(moment)
    served = {name for worker in alive for name in worker.queues}
    waiting = [word for name, word in _WORK.items() if name not in served]
    if waiting:
        what = f" for {' and '.join(waiting)}" if alive else ""
        sentence = f"None is running{what}. Without one, that work waits."
        return Check("worker", "fail", "Background worker", sentence, "make worker")
    seconds = max(0, int((moment - max(worker.last_seen for worker in alive)).total_seconds()))
    return Check("worker", "ok", "Background worker", f"{len(alive)} running, last seen {seconds} s ago.")


def _scheduler() -> Check:
    if queues.scheduler_alive():
        return Check(
            "scheduler", "ok", "Scheduler", "Running. It looks every few seconds for work that waits."
        )
    sentence = "Not running. Nothing is tried again by itself."
    return Check("scheduler", "fail", "Scheduler", sentence, "make scheduler")


def _unknown() -> list[Check]:
    sentence = "Not known while the queue does not answer."
    return [
        Check("worker", "fail", "Background worker", sentence),
        Check("scheduler", "fail", "Scheduler", sentence),
    ]


def _first_inbox(accounts: int) -> Check:
    if accounts:
        sentence = (
            f"{accounts:,} connected."
            if accounts > 1
            else "One connected. Most fleets have five to ten a domain."
        )
        return Check("inbox", "ok", "Your first inbox", sentence, action="connect")
    return Check(
        "inbox",
        "todo",
        "Connect your first inbox",
        "It takes a minute: address, servers, password.",
        action="connect",
    )
