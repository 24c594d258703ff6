"""What an inbox may be reserved for."""

import pytest

from nimbus.rules.campaign_types import CampaignType, Restriction, allows


@pytest.mark.parametrize("campaign_type", CampaignType)
def test_an_inbox_without_restriction_carries_every_campaign(campaign_type):
    assert allows(Restriction.ANY, campaign_type)


@pytest.mark.parametrize(
    ("restriction", "carries", "refuses"),
    [
        (Restriction.COLD_OUTREACH, CampaignType.COLD_OUTREACH, CampaignType.NURTURE),
        (Restriction.NURTURE, CampaignType.NURTURE, CampaignType.COLD_OUTREACH),
    ],
)
def test_a_reserved_inbox_carries_its_own_type_and_no_other(restriction, carries, refuses):
    assert allows(restriction, carries)
    assert not allows(restriction, refuses)


def test_the_types_are_spelled_as_the_forms_send_them():
    assert [*CampaignType] == ["cold_outreach", "nurture"]
    assert [*Restriction] == ["any", "cold_outreach", "nurture"]
