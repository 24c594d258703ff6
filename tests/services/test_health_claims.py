"""What the specification says of a live inbox, as the job leaves it that judges inboxes."""

from datetime import timedelta

import pytest

from jobs.health import review
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth
from nimbus.services.review_inboxes import review_inboxes
from nimbus.services.send_ledger import claim_next
from nimbus.services.update_account import switch_rotation
from tests.factories import make_email_account, make_inbox_day, reload
from tests.services.hearing import hear
from tests.services.sends import queue

GATES = (0, 20, 75, 200, 350, 600)  # warmup sends that open each stage, where all else is well


def account(account_id):
    return reload(EmailAccountHealth, account_id)


def change(account_id, **values):
    with transaction() as session:
        for name, value in values.items():
            setattr(session.get_one(EmailAccountHealth, account_id), name, value)


@pytest.mark.claim("C30")
@pytest.mark.claim("C48", partly=True)
def test_a_stage_is_what_its_warmup_has_shown_and_never_its_age(acme, clock):
    new = make_email_account(acme, "new@acme.test", current_stage=0)
    seen, sent = [], 0
    for gate in GATES:
        hear(acme, new, "sent", "placed_inbox", times=max(0, gate - 1 - sent), stream="warmup")
        review(acme)
        before = account(new).current_stage
        hear(acme, new, "sent", "placed_inbox", times=1 if gate else 0, stream="warmup")
        clock.advance(days=2)
        review(acme)
        seen.append((before, account(new).current_stage))
        sent = gate

    assert seen == [(0, 0), (0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert account(new).stage_sentence == "Fully warmed."


@pytest.mark.claim("C29")
def test_another_warmup_progress_changes_nothing_about_an_inbox(acme):
    inboxes = [make_email_account(acme, f"{name}@acme.test", current_stage=2) for name in ("ann", "bob")]
    for inbox in inboxes:
        hear(acme, inbox, "sent", "placed_inbox", times=120, stream="warmup")
    review(acme)
    change(inboxes[0], warmup_progress=100)
    for inbox in inboxes:
        hear(acme, inbox, "sent", "permanent")
    review(acme)

    own = {"id", "email", "domain_id", "score_record"}
    ann, bob = (
        {name: value for name, value in vars(account(inbox)).items() if name not in own and name[0] != "_"}
        for inbox in inboxes
    )
    assert ann == bob | {"created_at": ann["created_at"]}
    assert ann["warmup_progress"] == 20  # and what was put there is gone


@pytest.mark.claim("C15")
@pytest.mark.claim("C31", partly=True)
@pytest.mark.parametrize(
    ("provider", "ramp", "slipping"),
    [("gmail", [40, 44, 49, 50], 37), ("microsoft", [30, 32, 34, 36], 18)],
)
def test_a_microsoft_seat_ramps_and_slips_more_carefully_than_a_google_one(
    acme, clock, provider, ramp, slipping
):
    seat = make_email_account(acme, "ann@acme.test", provider=provider, daily_send_limit=ramp[0], legs=())
    seen = []
    for _ in ramp:
        review(acme)
        seen.append(account(seat).daily_send_limit)
        make_inbox_day(acme, seat, sent=seen[-1])
        clock.advance(days=1)
    assert seen == ramp

    hear(acme, seat, "sent", times=55, ago=timedelta(hours=2))
    hear(acme, seat, "sent", "permanent", times=3)
    review(acme)
    assert (account(seat).daily_send_limit, account(seat).effective_limit) == (ramp[-1], slipping)


@pytest.mark.claim("C32", partly=True)
@pytest.mark.claim("C33", partly=True)
def test_both_rates_are_those_of_the_last_168_hours(acme, ava, clock):
    hear(acme, ava, "sent", times=48)
    hear(acme, ava, "sent", "permanent", times=2)
    hear(acme, ava, "sent", "complaint")
    review(acme)
    assert (account(ava).bounce_rate_7d, account(ava).complaint_rate_7d) == (
        pytest.approx(2 / 51),
        pytest.approx(1 / 49),
    )

    clock.advance(hours=165)
    review_inboxes(acme, only_dirty=False)
    assert account(ava).bounce_count == 2
    clock.advance(hours=4)
    review_inboxes(acme, only_dirty=False)
    assert (account(ava).bounce_rate_7d, account(ava).complaint_rate_7d) == (0.0, 0.0)


@pytest.mark.claim("C34")
def test_out_of_rotation_is_a_persons_word_and_a_pause_of_the_system_leaves_it_alone(acme, asker, ava):
    switch_rotation(asker, ava, is_active=False)
    queue(acme, ava)
    hear(acme, ava, "sent", times=30)
    review(acme)
    assert (claim_next(acme, ava, "w"), account(ava).bounce_of) == (None, 30)  # tracked, and out of rotation

    held = make_email_account(acme, "held@acme.test")
    hear(acme, held, "sent", "permanent", times=6)
    queue(acme, held)
    review(acme)
    assert claim_next(acme, held, "w") is None
    assert (account(held).is_active, account(held).hold_state) == (True, "held")


@pytest.mark.claim("C40", partly=True)
@pytest.mark.parametrize(
    ("told", "times", "kind"), [("permanent", 3, "bounce_burst"), ("complaint", 1, "complaint")]
)
def test_a_burst_of_bounces_or_a_complaint_takes_an_inbox_out_until_its_clock_ends(
    acme, ava, clock, told, times, kind
):
    hear(acme, ava, "sent", times=60, ago=timedelta(hours=3))
    hear(acme, ava, "sent", told, times=times)
    queue(acme, ava)
    review(acme)
    assert (claim_next(acme, ava, "w"), account(ava).cooldown_kind) == (None, kind)

    clock.advance(hours=24)
    assert claim_next(acme, ava, "w") is not None  # no job had to free it


@pytest.mark.claim("C50", partly=True)
def test_an_inbox_that_is_held_does_not_graduate_whatever_it_sends(acme, clock):
    bad = make_email_account(acme, "bad@acme.test", current_stage=2)
    hear(acme, bad, "sent", "permanent", times=3)
    hear(acme, bad, "sent", times=40)
    for _ in range(4):
        hear(acme, bad, "sent", "placed_inbox", times=250, stream="warmup")
        review(acme)
        clock.advance(days=1)

    assert (account(bad).hold_state, account(bad).current_stage <= 2) == ("held", True)
    assert account(bad).stage_sentence.startswith("Held at ")
