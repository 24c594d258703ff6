"""A crowd of processes that all need one mailbox's token at the same moment, round after round.

The provider is the practice world's Microsoft, which ends a whole sign-in when a refresh token is used twice.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple

from flask import Flask

from nimbus.extensions import db
from nimbus.rules.providers import Provider
from nimbus.services.oauth_tokens import access_token
from tests.rotating.children import ended, in_child
from tests.services.signed_in import ANN, age, grant_of, make_signed_in, refreshes, state_of

_PATIENCE = 60.0  # seconds for a round; more than a waiter would wait


class Rounds(NamedTuple):
    """Calls to the provider in each round, what processes got besides tokens, and how the account stands at the end."""

    calls: list[int]
    complaints: list[str]
    state: str
    version: int


def need_it_at_once(app: Flask, sandbox: Any, workspace_id: int, *, processes: int, rounds: int) -> Rounds:
    """Let the token end and everybody ask for it, that many times."""
    account_id = make_signed_in(sandbox, workspace_id, Provider.MICROSOFT)
    sandbox.world.mailboxes[ANN].faults.set("reuse_detection")
    calls = []
    with _crowd(app, workspace_id, account_id, processes, rounds) as (start, done, complaints):
        for _ in range(rounds):
            before = refreshes(sandbox, Provider.MICROSOFT)
            age(account_id)
            db.session.remove()
            start.wait(_PATIENCE)
            done.wait(_PATIENCE)
            calls.append(refreshes(sandbox, Provider.MICROSOFT) - before)
    return Rounds(calls, complaints, state_of(account_id), grant_of(account_id).version)


@contextmanager
def _crowd(
    app: Flask, workspace_id: int, account_id: int, processes: int, rounds: int
) -> Iterator[tuple[Barrier, Barrier, list[str]]]:
    """The processes, between two barriers a round; what they have to complain about is there at the end."""
    fork = multiprocessing.get_context("fork")
    start, done = (fork.Barrier(processes + 1) for _ in range(2))
    said, complaints = fork.SimpleQueue(), []

    def ask() -> None:
        for _ in range(rounds):
            start.wait(_PATIENCE)
            try:
                access_token(workspace_id, account_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
                said.put(f"{type(error).__name__}: {error}")
            done.wait(_PATIENCE)

    children = [in_child(app, ask) for _ in range(processes)]
    try:
        yield start, done, complaints
    except BaseException:
        start.abort()  # nobody waits for a round that does not come
        done.abort()
        raise
    finally:
        codes = [ended(child) for child in children]
        while not said.empty():
            complaints.append(said.get())
        complaints += [f"a process ended with {code}" for code in codes if code]
