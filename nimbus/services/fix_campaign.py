"""What a person changes about a campaign so that it sends: its floor, or more inboxes. It looks again at once."""

from nimbus.database import dialect_of, insert_or, transaction
from nimbus.models import Campaign, CampaignInbox
from nimbus.models.campaign_queries import find_campaign
from nimbus.rules.audit import Action
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.campaign_life import NoSuchCampaign
from nimbus.services.explain_campaign import fit_outside
from nimbus.services.wake_campaigns import wake_campaign


def set_floor(asker: Asker, campaign_id: int, floor: int) -> None:
    """Ask another health score, 0 to 100, of the inboxes of a campaign. Raises NoSuchCampaign."""
    with transaction() as session:
        campaign = find_campaign(session, asker.workspace_id, campaign_id)
        if campaign is None:
            raise NoSuchCampaign
        before, campaign.min_health_score = campaign.min_health_score, floor
        if before != floor:
            record(
                session,
                Action.CAMPAIGN_CHANGED,
                workspace_id=asker.workspace_id,
                asker=asker,
                on=_named(campaign),
                floor=f"from {before} to {floor}",
            )
            session.flush()
            wake_campaign(session, asker.workspace_id, campaign_id)


def add_fit_inboxes(asker: Asker, campaign_id: int) -> int:
    """Put every inbox that could send a campaign now into its pool; how many are new. Raises NoSuchCampaign."""
    fit = fit_outside(asker.workspace_id, campaign_id)
    with transaction() as session:
        campaign = find_campaign(session, asker.workspace_id, campaign_id)
        if campaign is None:
            raise NoSuchCampaign
        if not fit:
            return 0
        mine = {"workspace_id": asker.workspace_id, "campaign_id": campaign_id}
        put = insert_or(CampaignInbox, dialect_of(session)).on_conflict_do_nothing()
        session.execute(put, [mine | {"account_id": each} for each in fit])
        record(
            session,
            Action.CAMPAIGN_CHANGED,
            workspace_id=asker.workspace_id,
            asker=asker,
            on=_named(campaign),
            inboxes=f"{len(fit):,} more",
        )
        wake_campaign(session, asker.workspace_id, campaign_id)
        return len(fit)


def _named(campaign: Campaign) -> Object:
    return Object("campaign", campaign.id, campaign.name)
