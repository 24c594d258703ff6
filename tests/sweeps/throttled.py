"""A campaign of a workspace that waits for an inbox, for the addresses about it."""

from datetime import timedelta

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import Batch, Campaign, CampaignContact, CampaignInbox, CampaignStep, Deferral

_PAGES = (
    "campaign_page.show",
    "campaign_page.floor",
    "campaign_page.change_floor",
    "campaign_page.add_inboxes",
    "campaign_page.ask",
    "campaign_decisions.log",
    "campaign_decisions.inboxes",
    "campaign_decisions.batch",
)


def fill_throttled_campaign(
    session: Session, workspace_id: int, name: str, account_id: int, *, contact_id: object
) -> dict[str, object]:
    """A throttled campaign with a batch that put its one message off; gives what addresses call them."""
    mine, own, moment = {"workspace_id": workspace_id}, f"{name}-own", now()
    campaign = Campaign(
        **mine,
        name=f"Campaign of {own}",
        campaign_type="nurture",
        state="running",
        timezone="UTC",
        days=list(range(7)),
        opens=0,
        closes=24 * 60,
        created_at=moment,
        launched_at=moment,
        next_at=moment + timedelta(minutes=15),
        throttled_since=moment,
        min_health_score=72,  # what nobody has judged scores 70, and is near it
    )
    session.add(campaign)
    session.flush()
    of_campaign = mine | {"campaign_id": campaign.id}
    said = f"Deferred to noon. {own} has no inbox."
    batch = Batch(
        **of_campaign,
        began_at=moment,
        finished_at=moment,
        campaign_type="nurture",
        floor=70,
        due=1,
        deferred=1,
        sentence=said,
        next_try=moment,
        reasons={"INACTIVE": 1},
        pool=[[1, f"in@{own}.test", [["INACTIVE", False, "out of rotation", "", f"{own} rests."]]]],
    )
    session.add(batch)
    session.flush()
    session.add_all(
        [
            CampaignInbox(**of_campaign, account_id=account_id),
            CampaignStep(**of_campaign, number=0, delay_days=0, subject=own, body=own),
            CampaignContact(**of_campaign, contact_id=contact_id, due_at=moment, deferrals=1),
            Deferral(**mine, batch_id=batch.id, contact_id=contact_id, step=0, until=moment),
        ]
    )
    return {f"{page}.campaign_id": campaign.id for page in _PAGES} | {"batch_id": batch.id}
