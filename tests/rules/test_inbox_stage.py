"""`get_inbox_stage()`: the vectors of the model, and that neither age nor volume alone ever promotes."""

import inspect
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_stage import StageFacts, get_inbox_stage, ladder
from nimbus.rules.levels import Level
from nimbus.rules.placement import Placement
from nimbus.rules.stage_gates import Demotion, Indicators, Unseen

GOOD = Indicators(warmup_sends=0, reputation=90, placement=Placement(58, 60))
CALM = StageFacts(
    stage=0,
    indicators=GOOD,
    bounce_level=Level.OK,
    complaint_level=Level.OK,
    hold_state=HoldState.NONE,
    is_warmup_paused=False,
    is_domain_paused=False,
    is_connected=True,
    cooldowns=frozenset(),
)
FALLEN = Demotion(fallen_from=4, fallen_to=2, sends=450)


def facts(sends, stage=0, **others):
    of_gates = {name: others.pop(name) for name in ("reputation", "placement", "demotion") if name in others}
    return replace(CALM, stage=stage, indicators=replace(GOOD, warmup_sends=sends, **of_gates), **others)


VECTORS = [
    (facts(0), 0, "Stage 1 needs 20 warmup sends, has 0."),
    (facts(19), 0, "Stage 1 needs 20 warmup sends, has 19."),
    (facts(20), 1, "Stage 2 needs 75 warmup sends, has 20."),
    (facts(74), 1, "Stage 2 needs 75 warmup sends, has 74."),
    (facts(75), 2, "Stage 3 needs 200 warmup sends, has 75."),
    (facts(199), 2, "Stage 3 needs 200 warmup sends, has 199."),
    (facts(200), 3, "Stage 4 needs 350 warmup sends, has 200."),
    (facts(349), 3, "Stage 4 needs 350 warmup sends, has 349."),
    (facts(350), 4, "Stage 5 needs 600 warmup sends, has 350."),
    (facts(599), 4, "Stage 5 needs 600 warmup sends, has 599."),
    (facts(600), 5, "Fully warmed."),
    (facts(5000), 5, "Fully warmed."),
    (facts(0, stage=5), 5, "Fully warmed."),
    (facts(600, stage=2, bounce_level=Level.ELEVATED), 2, "Held at 2: bounce rate ELEVATED."),
    (
        facts(1000, reputation=90, placement=Placement(36, 60)),
        1,
        "Stage 2 needs 70 % inbox placement, has 60 %.",
    ),
    (facts(1000, reputation=72, placement=Placement(54, 60)), 4, "Stage 5 needs reputation 75, has 72."),
    (
        facts(210, stage=2, reputation=80, placement=Placement(10, 12)),
        2,
        "Stage 3 needs 20 placement samples, has 12.",
    ),
    (
        facts(210, stage=2, reputation=64, placement=Placement(55, 60)),
        2,
        "Stage 3 needs reputation 65, has 64.",
    ),
    (facts(210, stage=2, is_warmup_paused=True), 2, "Held at 2: warmup paused."),
    (
        facts(450, stage=2, demotion=FALLEN),
        2,
        "Stage 3 needs 40 clean warmup sends since the demotion, has 0.",
    ),
    (
        facts(490, stage=2, demotion=FALLEN),
        3,
        "Stage 4 needs 80 clean warmup sends since the demotion, has 40.",
    ),
    (facts(300, stage=4), 4, "Stage 5 needs 600 warmup sends, has 300."),
]


@pytest.mark.parametrize(("facts", "stage", "sentence"), VECTORS)
def test_the_stage_is_that_of_the_model_and_says_what_is_missing(facts, stage, sentence):
    assert get_inbox_stage(facts) == (stage, sentence)


@pytest.mark.parametrize(
    ("reputation", "stage"),
    [(49, 0), (50, 1), (59, 1), (60, 2), (64, 2), (65, 3), (69, 3), (70, 4), (74, 4), (75, 5)],
)
def test_each_stage_needs_its_reputation(reputation, stage):
    assert get_inbox_stage(facts(5000, reputation=reputation)).stage == stage


@pytest.mark.parametrize(
    ("inbox", "observed", "stage"),
    [
        (0, 0, 1),
        (9, 9, 1),
        (10, 10, 2),
        (7, 10, 2),
        (69, 100, 1),
        (19, 19, 2),
        (79, 100, 2),
        (80, 100, 3),
        (84, 100, 3),
        (85, 100, 4),
        (89, 100, 4),
        (90, 100, 5),
        (20, 20, 5),
    ],
)
def test_each_stage_needs_its_placement_in_enough_samples(inbox, observed, stage):
    assert get_inbox_stage(facts(5000, placement=Placement(inbox, observed))).stage == stage


@pytest.mark.parametrize(
    ("unseen", "stage"),
    [
        (Unseen(), 2),
        (Unseen(is_confirmed=True), 5),
        (Unseen(warmup_score=69), 1),
        (Unseen(warmup_score=70), 2),
        (Unseen(warmup_score=89), 4),
        (Unseen(warmup_score=90), 5),
        (Unseen(warmup_score=79, is_confirmed=True), 2),
    ],
)
def test_a_path_without_placement_goes_by_its_own_score_or_an_owners_word(unseen, stage):
    assert get_inbox_stage(facts(5000, placement=unseen)).stage == stage


@pytest.mark.parametrize("stage", [2, 3, 4])
def test_no_later_stage_is_reached_with_fewer_samples(stage):
    nineteen = facts(5000, stage=stage, placement=Placement(19, 19))

    assert get_inbox_stage(nineteen).sentence == f"Stage {stage + 1} needs 20 placement samples, has 19."


def test_what_another_system_scores_is_told_as_such():
    said = get_inbox_stage(facts(5000, placement=Unseen(warmup_score=69))).sentence

    assert said == "Stage 2 needs 70 % inbox placement, has 69 % by its own warmup score."


WRONG = [
    ({"bounce_level": Level.ELEVATED}, "bounce rate ELEVATED"),
    ({"bounce_level": Level.CRITICAL}, "bounce rate CRITICAL"),
    ({"complaint_level": Level.ELEVATED}, "complaint rate ELEVATED"),
    ({"hold_state": HoldState.HELD}, "health hold"),
    ({"hold_state": HoldState.PROBATION}, "on probation after a health hold"),
    ({"is_warmup_paused": True}, "warmup paused"),
    ({"is_domain_paused": True}, "the sending domain is paused"),
    ({"is_connected": False}, "not connected"),
    ({"cooldowns": frozenset({CooldownKind.BOUNCE_BURST})}, "cooldown after a bounce burst"),
    ({"cooldowns": frozenset({CooldownKind.COMPLAINT})}, "cooldown after a complaint"),
    ({"cooldowns": frozenset({CooldownKind.REPUTATION_BLOCK})}, "cooldown after blocks for its reputation"),
    ({"cooldowns": frozenset({CooldownKind.PLACEMENT_DROP})}, "cooldown after a drop in inbox placement"),
]


@pytest.mark.parametrize(("wrong", "said"), WRONG)
def test_a_poisoned_inbox_is_not_promoted_by_five_thousand_sends(wrong, said):
    assert get_inbox_stage(facts(5000, stage=2, **wrong)) == (2, f"Held at 2: {said}.")


@pytest.mark.parametrize(
    "fine",
    [
        {"bounce_level": Level.WATCH, "complaint_level": Level.WATCH},
        {"cooldowns": frozenset({CooldownKind.THROTTLE, CooldownKind.CONNECTION, CooldownKind.MANUAL})},
    ],
)
def test_what_is_not_about_its_health_holds_no_promotion(fine):
    assert get_inbox_stage(facts(5000, stage=2, **fine)).stage == 5


@pytest.mark.parametrize(
    ("sends", "stage"), [(739, 1), (740, 2), (779, 2), (780, 3), (819, 3), (820, 5), (700, 1)]
)
def test_each_lost_stage_takes_forty_sends_and_what_lies_above_takes_none(sends, stage):
    demotion = Demotion(fallen_from=4, fallen_to=1, sends=700)

    assert get_inbox_stage(facts(sends, stage=1, demotion=demotion)).stage == stage


def test_the_ladder_shows_every_condition_met_or_not():
    rungs = ladder(2, replace(GOOD, warmup_sends=210, reputation=64, placement=Placement(55, 60)))

    assert [rung.is_reached for rung in rungs] == [True, True, True, False, False, False]
    assert [rung.opens for rung in rungs[2:]] == [
        "nurture",
        "cold outreach",
        "cold outreach, higher limit",
        "everything",
    ]
    assert rungs[3].conditions == (
        ("200 warmup sends", "210", True, "210 of 200 warmup sends"),
        ("reputation 65", "64", False, "reputation 64, needs 65"),
        ("20 placement samples", "60", True, "60 of 20 placement samples"),
        ("80 % inbox placement", "92 %", True, "inbox placement 92 %, needs 80 %"),
    )


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"placement": Placement()}, "inbox placement not known yet, needs 80 %"),
        (
            {"placement": Unseen(warmup_score=79)},
            "inbox placement 79 % by its own warmup score, needs 80 %",
        ),
        (
            {"placement": Unseen()},
            "placement cannot be observed here: needs an owner's word that it lands in the inbox",
        ),
        ({"demotion": Demotion(3, 2, sends=180)}, "20 of 40 clean warmup sends since the demotion"),
    ],
)
def test_what_is_missing_is_said_with_its_value(seen, said):
    cold = ladder(2, replace(GOOD, warmup_sends=200, **seen))[3]

    assert [each.said for each in cold.conditions if not each.is_met][-1] == said


def test_no_input_of_the_stage_is_a_date_or_an_age():
    seen = [
        field.type for record in (StageFacts, Indicators, Placement, Demotion) for field in _fields(record)
    ]

    assert not [kind for kind in seen if "date" in str(kind) or "timedelta" in str(kind)]
    assert list(inspect.signature(get_inbox_stage).parameters) == ["facts"]


def _fields(record):
    return fields(record) if hasattr(record, "__dataclass_fields__") else ()


ANY = st.tuples(
    st.integers(0, 900), st.integers(0, 5), st.integers(40, 100), st.integers(0, 40), st.integers(0, 40)
)


@settings(max_examples=60, deadline=None)
@given(ANY, st.integers(1, 300))
def test_more_sends_never_lower_a_stage_and_a_worse_indicator_never_raises_one(numbers, more):
    sends, stage, reputation, spam, inbox = numbers
    placement = Placement(inbox, inbox + spam)
    now = facts(sends, stage=stage, reputation=reputation, placement=placement)
    found = get_inbox_stage(now).stage
    worse = [
        facts(sends, stage=stage, reputation=reputation - 1, placement=placement),
        facts(
            sends, stage=stage, reputation=reputation, placement=Placement(max(0, inbox - 1), inbox + spam)
        ),
        replace(now, bounce_level=Level.ELEVATED),
        replace(now, hold_state=HoldState.HELD),
    ]

    assert (
        stage
        <= found
        <= get_inbox_stage(replace(now, indicators=replace(now.indicators, warmup_sends=sends + more))).stage
    )
    assert all(get_inbox_stage(each).stage <= found for each in worse)
    assert get_inbox_stage(replace(now, stage=found)).stage == found
