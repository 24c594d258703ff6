"""What a campaign may become, and why a launch is refused."""

import pytest

from nimbus.rules.campaign_state import CampaignState, StepCopy, may_follow, why_not_launch

STEPS = (
    StepCopy(0, "Hello {{first_name|there}}", "Hi {{first_name}}"),
    StepCopy(3, "", "Any news, {{company}}?"),
)
FIELDS = {"email", "first_name", "last_name", "company"}
OPEN = ("Europe/Paris", (0, 1), 540, 1020)


def refusals(steps=STEPS, **differs):
    asked = {"pool_size": 2, "contacts": 3, "fields": FIELDS, "hours": OPEN}
    return why_not_launch(steps, **asked | differs)


def test_a_campaign_that_has_everything_may_begin():
    assert refusals() == []


@pytest.mark.parametrize(
    ("steps", "differs", "said"),
    [
        ((), {}, "There is no step yet"),
        (STEPS, {"pool_size": 0}, "The sending pool is empty"),
        (STEPS, {"contacts": 0}, "There is nobody to write to"),
        (
            STEPS,
            {"fields": {"first_name"}},
            "There is no field {{company}}, and it stands in the text of step 2",
        ),
        (STEPS, {"hours": ("Europe/Paris", (0,), 1020, 540)}, "These hours never open"),
        (STEPS, {"hours": ("Europe/Nowhere", (0,), 540, 1020)}, "There is no time zone called"),
        ((StepCopy(0, "Hi", " "),), {}, "There is nothing in the text of step 1 yet"),
        ((StepCopy(0, "", "Hi"),), {}, "There is nothing in the subject of step 1 yet"),
        ((StepCopy(0, "{{first name}}", "Hi"),), {}, "in the subject of step 1 is no field"),
        ((StepCopy(0, "Hi", "Hi"), StepCopy(0, "", "Hi")), {}, "Step 2 waits 0 days"),
    ],
)
def test_what_is_missing_refuses_the_launch_with_a_sentence(steps, differs, said):
    [reason] = refusals(steps, **differs)

    assert said in reason.sentence


def test_every_reason_is_told_at_once():
    assert len(refusals((), pool_size=0, contacts=0)) == 3


def test_what_is_over_stays_over_and_a_draft_is_never_paused():
    follows = {(a, b) for a in CampaignState for b in CampaignState if may_follow(a, b)}

    draft, running, paused, finished = CampaignState
    assert follows == {
        (draft, running),
        (running, paused),
        (running, finished),
        (paused, running),
        (paused, finished),
    }
