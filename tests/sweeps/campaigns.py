"""Campaigns of a workspace, for the addresses about them: one in each state, with a row of everything that hangs on it."""

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import (
    Batch,
    Campaign,
    CampaignContact,
    CampaignInbox,
    CampaignStep,
    Deferral,
    InboxRotation,
)


def fill_campaigns(
    session: Session, workspace_id: int, name: str, account_id: int, *, book_id: object, contact_id: object
) -> dict[str, object]:
    """The workspace's name stands in each text; gives what addresses call them, a draft where no other is meant."""
    mine, moment = {"workspace_id": workspace_id}, now()
    usual = {"campaign_type": "nurture", "timezone": "UTC", "book_id": book_id, "created_at": moment}
    made = {
        state: Campaign(**mine, **usual, name=f"{state} of {name}-own", state=state)
        for state in ("draft", "running", "paused", "finished")
    }
    session.add_all(made.values())
    session.flush()
    for state, campaign in made.items():
        if state != "draft":
            campaign.launched_at = moment
        _fill(session, mine | {"campaign_id": campaign.id}, f"{name}-own", account_id, contact_id)
    session.add(InboxRotation(**mine, account_id=account_id, last_used_at=moment, next_slot_at=moment))
    return {
        "campaign_id": made["draft"].id,
        "campaign_launch.pause.campaign_id": made["running"].id,
        "campaign_launch.resume.campaign_id": made["paused"].id,
        "campaign_launch.finish.campaign_id": made["paused"].id,
    }


def _fill(session: Session, of_campaign: dict[str, int], own: str, account_id: int, contact_id: object):
    moment = now()
    words = {"subject": f"Hello from {own}", "body": f"Hi {own}", "html": f"<p>{own}</p>"}
    batch = Batch(
        **of_campaign,
        began_at=moment,
        finished_at=moment,
        campaign_type="nurture",
        floor=70,
        pool=[[account_id, f"ava@{own}.test", []]],
        deferred=1,
        sentence=f"Nobody of {own}.",
    )
    session.add_all(
        [
            CampaignStep(**of_campaign, number=0, delay_days=0, **words),
            CampaignInbox(**of_campaign, account_id=account_id),
            CampaignContact(**of_campaign, contact_id=contact_id, due_at=moment),
            batch,
        ]
    )
    session.flush()
    session.add(
        Deferral(
            workspace_id=of_campaign["workspace_id"],
            batch_id=batch.id,
            contact_id=contact_id,
            step=0,
            until=moment,
        )
    )
