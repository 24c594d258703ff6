"""The audit log is read newest first, a page at a time, narrowed, and never beyond its workspace."""

from datetime import timedelta
from itertools import chain

import pytest

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent
from nimbus.models.audit_queries import (
    PAGE,
    AuditFilter,
    count_audit,
    list_audit,
    people_of_audit,
    still_there,
)
from nimbus.rules.audit import Action
from tests.factories import make_email_account, make_person, make_workspace

EVERYTHING = AuditFilter()


def write(workspace_id, *names, **values):
    """A line for each object name, the oldest first."""
    usual = {"at": now(), "actor": "Ada", "action": Action.ACCOUNT_CHANGED, "details": {}}
    with transaction() as session:
        session.add_all(
            AuditEvent(workspace_id=workspace_id, object_name=name, **usual | values) for name in names
        )


def names(workspace_id, **wanted):
    events, _ = list_audit(db.session(), workspace_id, AuditFilter(**wanted))
    return [event.object_name for event in events]


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (PAGE, [PAGE]), (PAGE + 1, [PAGE, 1]), (120, [50, 50, 20])]
)
def test_the_log_is_paged_newest_first_without_an_empty_last_page(acme, count, sizes):
    write(acme, *map(str, range(count)))
    pages, before = [], None
    for _ in sizes:
        events, before = list_audit(db.session(), acme, EVERYTHING, before=before)
        pages.append([event.object_name for event in events])

    assert before is None
    assert [len(page) for page in pages] == sizes
    assert [*chain(*pages)] == [str(number) for number in reversed(range(count))]
    assert count_audit(db.session(), acme, EVERYTHING) == count


def test_a_page_stays_as_it_is_while_new_lines_come_in(acme):
    write(acme, *"abcd")
    _, before = list_audit(db.session(), acme, EVERYTHING, most=2)
    write(acme, "later")

    events, _ = list_audit(db.session(), acme, EVERYTHING, before=before, most=2)
    assert [event.object_name for event in events] == ["b", "a"]


def test_a_workspace_reads_its_own_lines_only(acme):
    zenith = make_workspace("Zenith")
    zoe = make_person(zenith, "Zoe")
    write(acme, "ours")
    write(zenith, "theirs", user_id=zoe.user_id, actor="Zoe")

    assert names(acme) == ["ours"]
    assert names(acme, user_id=zoe.user_id) == names(acme, text="theirs") == []
    assert people_of_audit(db.session(), acme) == []
    assert people_of_audit(db.session(), zenith) == [(zoe.user_id, "Zoe")]


def test_lines_are_narrowed_by_person_and_by_what_nobody_did(acme):
    ada, bob = make_person(acme, "Ada"), make_person(acme, "Bob")
    write(acme, "a", user_id=ada.user_id)
    write(acme, "b", user_id=bob.user_id, actor="Bob")
    write(acme, "deleted", actor="Cy")
    write(acme, "itself", actor=None)

    assert names(acme, user_id=bob.user_id) == ["b"]
    assert names(acme, by_nobody=True) == ["itself"]
    assert people_of_audit(db.session(), acme) == [(ada.user_id, "Ada"), (bob.user_id, "Bob")]


def test_lines_are_narrowed_by_action_and_by_words_of_the_object_in_any_case(acme):
    write(acme, "Zoë@Acme.test", "100%@acme.test", None)
    write(acme, "zoë@acme.test", action=Action.ACCOUNT_REMOVED)

    assert names(acme, action=Action.ACCOUNT_REMOVED) == ["zoë@acme.test"]
    assert names(acme, text="ACME zoË") == ["zoë@acme.test", "Zoë@Acme.test"]
    assert names(acme, text="0%") == ["100%@acme.test"]
    assert names(acme, text="0_") == []


def test_lines_are_narrowed_to_a_span_whose_end_is_left_out(acme):
    start = now()
    for hours in range(4):
        write(acme, str(hours), at=start + timedelta(hours=hours))

    assert names(acme, since=start + timedelta(hours=1), until=start + timedelta(hours=3)) == ["2", "1"]


def test_filters_narrow_each_other(acme):
    write(acme, "ava", "ben")
    write(acme, "ava", action=Action.ACCOUNT_REMOVED)

    wanted = AuditFilter(action=Action.ACCOUNT_REMOVED, text="ava")
    assert count_audit(db.session(), acme, wanted) == 1


def test_what_is_still_there_is_told_from_what_is_gone_or_somebody_elses(acme):
    zenith = make_workspace("Zenith")
    ava, gone = (
        make_email_account(acme, "ava@acme.test"),
        make_email_account(acme, "x@x.test", removed_at=now()),
    )
    theirs = make_email_account(zenith, "ava@acme.test")
    ada, zoe = make_person(acme, "Ada"), make_person(zenith, "Zoe")
    there = {("email_account", str(ava)), ("member", str(ada.user_id)), ("workspace", str(acme))}
    others = {
        *(("email_account", str(each)) for each in (gone, theirs, 999_999)),
        ("member", str(zoe.user_id)),
        ("workspace", str(zenith)),
        ("page", "audit.index"),
        ("email_account", "x"),
        ("", ""),
    }

    assert still_there(db.session(), acme, there | others) == there
