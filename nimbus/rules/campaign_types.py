"""The two kinds of campaign, and what an inbox may be reserved for."""

from enum import StrEnum

DEFAULT_FLOOR = 70  # of the health score, where a campaign sets none of its own


class CampaignType(StrEnum):
    """What a campaign is: mail to strangers, or mail to people who know the sender."""

    COLD_OUTREACH = "cold_outreach"
    NURTURE = "nurture"


class Restriction(StrEnum):
    """What an inbox may be used for: any campaign, or one type only."""

    ANY = "any"
    COLD_OUTREACH = "cold_outreach"
    NURTURE = "nurture"


def allows(restriction: Restriction, campaign_type: CampaignType) -> bool:
    """Whether an inbox with this restriction may carry a campaign of this type."""
    return restriction == Restriction.ANY or restriction.value == campaign_type.value
