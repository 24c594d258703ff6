"""The list of addresses that get no more mail: what the person said outlasts what others say."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from nimbus.models import AuditEvent, Suppression
from nimbus.rules.roles import Role
from nimbus.services.queue_send import MessageRefused, write_message
from nimbus.services.suppress import SuppressionRefused, lift, suppress, unsubscribe
from tests.factories import make_workspace
from tests.services.contacts import make_suppression, rows


def kept():
    return [(row.email, row.reason, row.source, row.note) for row in rows(Suppression)]


def test_a_person_puts_an_address_on_the_list_and_it_gets_no_more_mail(asker, ava):
    assert suppress(asker, " Zoe@Example.com ", "asked on the phone")

    assert kept() == [("zoe@example.com", "manual", "Ada", "asked on the phone")]
    [line] = rows(AuditEvent)
    assert (line.action, line.object_name, line.details) == (
        "address_suppressed",
        "zoe@example.com",
        {"because": "asked on the phone"},
    )
    with pytest.raises(MessageRefused, match="somebody of this workspace put it on the list"):
        write_message(asker, ava, to="ZOE@example.com", subject="Hi", body="x", key="0" * 32)


def test_an_address_that_is_there_already_stays_as_it_is(asker, acme):
    make_suppression(acme, reason="complaint")

    assert not suppress(asker, "zoe@example.com", "again")
    assert kept() == [("zoe@example.com", "complaint", None, None)]
    assert rows(AuditEvent) == []


@pytest.mark.parametrize(
    ("email", "note", "field"),
    [
        ("nobody", "why", "email"),
        ("", "why", "email"),
        ("a@example.com\nb@example.com", "why", "email"),
        ("a\0@example.com", "why", "email"),
        ("a@example.com", "  ", "note"),
        ("a@example.com", "x" * 201, "note"),
        ("a@example.com", "x\0", "note"),
    ],
)
def test_what_is_no_address_and_what_gives_no_reason_is_refused(asker, email, note, field):
    with pytest.raises(SuppressionRefused) as refused:
        suppress(asker, email, note)

    assert refused.value.field == field
    assert rows(Suppression) == []


@pytest.mark.parametrize(
    ("reason", "role", "goes"),
    [
        ("manual", Role.OPERATOR, True),
        ("hard_bounce", Role.OPERATOR, False),
        ("hard_bounce", Role.ADMIN, True),
        ("opt_out", Role.OWNER, False),
        ("complaint", Role.OWNER, False),
    ],
)
def test_what_may_be_taken_back_depends_on_who_said_it(asker, acme, reason, role, goes):
    row = make_suppression(acme, reason=reason)

    if goes:
        assert lift(replace(asker, role=role), row, "it was a mistake") == "zoe@example.com"
    else:
        with pytest.raises(SuppressionRefused, match=r"nobody of this workspace|can take this address off"):
            lift(replace(asker, role=role), row, "it was a mistake")

    assert (rows(Suppression) == [], len(rows(AuditEvent))) == (goes, int(goes))


def test_the_list_of_another_workspace_is_out_of_reach(asker, acme):
    row = make_suppression(make_workspace("Zenith"))

    with pytest.raises(SuppressionRefused, match="not on the list any more"):
        lift(asker, row, "it was a mistake")
    assert len(rows(Suppression)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "opt_out"),
        ("manual", "opt_out"),
        ("hard_bounce", "opt_out"),
        ("complaint", "complaint"),
        ("opt_out", "opt_out"),
    ],
)
def test_unsubscribing_is_the_persons_own_word_and_harmless_again(acme, before, after):
    if before:
        make_suppression(acme, reason=before)

    unsubscribe(acme, "Zoe@example.com")
    first = kept()
    unsubscribe(acme, "zoe@example.com")

    assert kept() == first
    assert [(email, reason) for email, reason, *_ in first] == [("zoe@example.com", after)]


def test_many_who_unsubscribe_at_once_leave_one_row(acme, at_once):
    assert at_once(lambda _: unsubscribe(acme, "zoe@example.com"), 8) == [None] * 8
    assert len(rows(Suppression)) == 1


def test_unsubscribing_from_a_workspace_that_is_gone_is_no_error(acme):
    unsubscribe(acme + 1000, "zoe@example.com")

    assert rows(Suppression) == []


def test_an_address_is_on_a_list_once(acme):
    make_suppression(acme)

    with pytest.raises(IntegrityError):
        make_suppression(acme)
