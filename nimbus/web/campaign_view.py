"""A campaign as the pages show it: one word, one reason, one action, and how far it is."""

from dataclasses import dataclass

from flask import abort, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.models.campaign_queries import CampaignRow, find_campaign
from nimbus.rules.campaign_state import CampaignState
from nimbus.rules.campaign_status import CampaignAction, CampaignFacts, CampaignStatus, judge_campaign
from nimbus.rules.campaign_types import CampaignType
from nimbus.rules.roles import Permission
from nimbus.services.edit_campaign import EDITABLE
from nimbus.web.access import person_may, workspace_id
from nimbus.web.partials import go

TYPE_NAMES = {CampaignType.COLD_OUTREACH: "Cold outreach", CampaignType.NURTURE: "Nurture"}
_LABELS = {
    CampaignAction.SEE_WHY: "See why",
    CampaignAction.RESUME: "Resume",
    CampaignAction.GO_ON: "Finish and launch",
}


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A row of the list."""

    row: CampaignRow
    status: CampaignStatus
    type_name: str
    url: str
    action_label: str | None
    action_url: str | None

    @classmethod
    def of(cls, row: CampaignRow, timezone: str) -> "CampaignLine":
        """A row as the list shows it, with times in the workspace's zone."""
        status = judge_campaign(
            CampaignFacts(
                now=now(),
                timezone=timezone,
                state=row.state,
                throttled_since=row.throttled_since,
                next_at=row.next_at,
                sentence=row.sentence,
                contacts=row.contacts,
                waiting=row.waiting,
            )
        )
        action = status.action
        if action is not CampaignAction.SEE_WHY and not person_may(Permission.OPERATE):
            action = None
        return cls(
            row,
            status,
            TYPE_NAMES[CampaignType(row.campaign_type)],
            page_url(row.id),
            action and _LABELS[action],
            action and _action_url(action, row.id),
        )


def page_url(campaign_id: int) -> str:
    """Where a campaign's own page is."""
    return url_for("campaign_page.show", campaign_id=campaign_id)


def campaign_or_404(campaign_id: int) -> Campaign:
    """A campaign of the workspace that is open."""
    found = find_campaign(db.session(), workspace_id(), campaign_id)
    if found is None:
        abort(404)
    return found


def why_not_edit(campaign: Campaign) -> AnyResponse | None:
    """Where somebody is led who would change a campaign that cannot be changed now; None where it can."""
    if campaign.state in EDITABLE:
        return None
    runs = campaign.state == CampaignState.RUNNING
    said = "It runs. Pause it to change it." if runs else "It is finished. Duplicate it to send more."
    return go(page_url(campaign.id), said, "bad")


def _action_url(action: CampaignAction, campaign_id: int) -> str:
    if action is CampaignAction.SEE_WHY:
        return page_url(campaign_id)
    return url_for("campaign_launch.review", campaign_id=campaign_id)
