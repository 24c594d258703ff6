"""The judge of sending sees each wrong that it is there for, and nothing where all is well."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.faults.send_judge import Evidence, verdict
from tests.servers.sink import Accepted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = date(2026, 11, 22)


def a_send(number, state="sent", **changes):
    values = {
        "id": number,
        "account_id": 1,
        "kind": "campaign",
        "state": state,
        "day": DAY,
        "hour": NOW,
        "due_at": NOW,
        "finished_at": NOW,
        "reason": None,
        "message_id": f"<{number}@acme.test>",
    }
    return SimpleNamespace(**values | changes)


def a_copy(number, **changes):
    return Accepted(
        **{
            "send": str(number),
            "message_id": f"<{number}@acme.test>",
            "sender": "ava@acme.test",
            "recipient": "bob@beta.test",
            "at": 0.0,
        }
        | changes
    )


def of_all_kinds(**changes):
    """One sent, one failed, two ambiguous of which one was taken, and one that waits for tomorrow."""
    tomorrow = {
        "due_at": NOW + timedelta(hours=12),
        "day": None,
        "hour": None,
        "reason": "The day is used up.",
    }
    sends = [
        a_send(1),
        a_send(2, "failed", day=None, hour=None),
        a_send(3, "ambiguous"),
        a_send(4, "ambiguous"),
        a_send(5, "queued", message_id=None, **tomorrow),
    ]
    evidence = {
        "asked": [1, 2, 3, 4, 5],
        "sends": sends,
        "days": [SimpleNamespace(account_id=1, day=DAY, sent=3, reserved=0)],
        "hours": [SimpleNamespace(account_id=1, hour=NOW, used=3)],
        "limits": {1: 3},
        "taken": [a_copy(1), a_copy(3)],
        "doubts": 2,
        "now": NOW,
        "heard": Counter([1, 3, 4]),
        "counted": Counter({1: 3}),
    }
    return Evidence(**evidence | changes)


def test_fleet_in_order_passes():
    assert verdict(of_all_kinds()) == {}


def with_send(number, **changes):
    """The sends of `of_all_kinds`, one of them different."""
    sends = of_all_kinds().sends
    vars(sends[number - 1]).update(changes)
    return {"sends": sends}


@pytest.mark.parametrize(
    ("wrong", "invariant"),
    [
        ({"asked": [1, 6]}, "nothing_is_lost"),
        ({"taken": [a_copy(3)]}, "nothing_is_lost"),
        ({"taken": [a_copy(1), a_copy(2)]}, "nothing_is_lost"),
        ({"taken": [a_copy(1), a_copy(1)]}, "nothing_leaves_twice"),
        ({"taken": [a_copy(1), a_copy(9)]}, "nothing_leaves_twice"),
        ({"taken": [a_copy(1), a_copy(3, send="1")]}, "nothing_leaves_twice"),
        (with_send(5, reason=None), "every_send_ends"),
        (with_send(5, due_at=NOW), "every_send_ends"),
        ({"limits": {1: 4}}, "every_send_ends"),
        (with_send(1, finished_at=None), "every_send_ends"),
        (with_send(4, state="in_data"), "every_send_ends"),
        (with_send(4, state="claimed"), "every_send_ends"),
        ({"limits": {1: 2}}, "no_day_is_over_its_limit"),
        ({"days": []}, "ledger_equals_rows"),
        ({"hours": [SimpleNamespace(account_id=1, hour=NOW, used=4)]}, "ledger_equals_rows"),
        ({"heard": Counter([1, 3])}, "what_left_is_heard_of_once"),
        ({"heard": Counter([1, 1, 3, 4])}, "what_left_is_heard_of_once"),
        ({"counted": Counter({1: 4})}, "what_left_is_heard_of_once"),
        ({"doubts": 1}, "doubt_is_bounded"),
    ],
)
def test_each_wrong_is_seen(wrong, invariant):
    assert invariant in verdict(of_all_kinds(**wrong))


def test_sink_alone_tells_of_a_day_that_the_rows_forgot():
    found = verdict(
        of_all_kinds(
            limits={1: 3}, taken=[a_copy(number) for number in (1, 2, 3, 4)], **with_send(2, day=DAY)
        )
    )

    assert any("the sink" in reason for reason in found["no_day_is_over_its_limit"])


def test_what_a_person_writes_is_not_stopped_by_the_limit():
    sends = [a_send(number, kind="manual") for number in (1, 2)]
    counted = {"days": [SimpleNamespace(account_id=1, day=DAY, sent=2, reserved=0)]}
    counted["hours"] = [SimpleNamespace(account_id=1, hour=NOW, used=2)]
    counted |= {"heard": Counter([1, 2]), "counted": Counter({1: 2})}

    found = verdict(
        of_all_kinds(asked=[1, 2], sends=sends, limits={1: 1}, taken=[a_copy(1), a_copy(2)], **counted)
    )

    assert found == {}
