"""Removing a campaign: all that is known of it goes but what was sent."""

from nimbus.clock import now
from nimbus.rules.audit import Action
from nimbus.rules.campaign_state import CampaignState
from nimbus.services.asker import Asker
from nimbus.services.campaign_life import CannotBecome, changing, note


def remove_campaign(asker: Asker, campaign_id: int) -> str:
    """Delete a campaign that does not run; its name. Messages that were sent stay, and what waits for another try ends.

    Raises CannotBecome while it runs or its last batch does, or NoSuchCampaign.
    """
    with changing(asker, campaign_id) as (session, campaign):
        if campaign.state == CampaignState.RUNNING:
            raise CannotBecome("This campaign is running by now. Pause it, then remove it.")
        # A batch that is still at work would write down what it did to a campaign that is not there.
        if campaign.owner is not None and campaign.lease_until and campaign.lease_until > now():
            raise CannotBecome("Its last batch is ending just now. Try again in a minute.")
        note(session, asker, Action.CAMPAIGN_REMOVED, campaign)
        session.delete(campaign)
        return campaign.name
