"""Rotation of a workspace's key: when the next is due, and what is said when one cannot end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

SHORTEST_DAYS, LONGEST_DAYS = 1, 3650  # between two keys of a workspace, as the database also asks
BATCH = 200  # values sealed again in one transaction: some 20 ms of work (reliability.md, row 10)
_NAMED = 3


def next_due(newest_key_made: datetime, days: int) -> datetime:
    """When a workspace's key is old enough to be replaced by itself; `days` as the workspace has set."""
    return newest_key_made + timedelta(days=days)


def what_does_not_open(addresses: Sequence[str], *, of_tests: int) -> str:
    """Why the old key is kept, and what to do: accounts whose password is damaged, and passwords kept by tests."""
    parts = []
    if addresses:
        what, verb, whom = (
            ("password", "does", "this account")
            if len(addresses) == 1
            else ("passwords", "do", "these accounts")
        )
        parts.append(f"The stored {what} of {_listed(addresses)} {verb} not open. Connect {whom} again.")
    if of_tests:
        parts.append(
            "A password that a connection test keeps does not open; it goes by itself within 15 minutes."
        )
    return f"{' '.join(parts)} Until then the old key is kept; everything else has the new one."


def _listed(addresses: Sequence[str]) -> str:
    shown, more = list(addresses[:_NAMED]), len(addresses) - _NAMED
    if more > 0:
        shown.append(f"{more} more")
    *first, last = shown
    return f"{', '.join(first)} and {last}" if first else last
