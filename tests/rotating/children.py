"""Other processes of the product, which can be made to die or to stand still at any point of what they do."""

import os
import signal
import traceback
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask

from nimbus.extensions import db

_POINTS = ("before_cursor_execute", "after_cursor_execute", "commit")


def in_child(app: Flask, action: Callable[[], object]) -> int:
    """Run something in a forked process; gives the process id. No transaction may be open."""
    db.session.remove()
    db.engine.dispose()  # a connection that both know would be nobody's
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        with app.app_context():
            action()
            db.session.remove()
        code = 0
    except BaseException:  # noqa: BLE001 - nothing of the test may run on in here
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(pid: int) -> int:
    """Wait for a process; its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def dies_at(point: int) -> None:
    """This process is killed before or after its n-th statement or commit, counted from now on, if it gets that far."""
    left = point

    def reached(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in _POINTS:
        sa.event.listen(db.engine, name, reached)


def stands_still_at(transaction: int) -> None:
    """This process stops before its n-th transaction begins, with no lock in its hands."""
    left = transaction

    def reached(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGSTOP)

    sa.event.listen(db.engine, "checkout", reached)  # each transaction takes a connection from the pool


def stopped(pid: int) -> bool:
    """Wait until a process stands still; False when it has ended instead."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    return os.WIFSTOPPED(status)


def wake(pid: int) -> None:
    """Let a process that stands still go on."""
    os.kill(pid, signal.SIGCONT)


def goes_on(pid: int) -> int:
    """Let a process that stands still go on to its end; its exit code."""
    wake(pid)
    return ended(pid)
