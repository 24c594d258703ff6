"""Making a new draft of a campaign: its settings, steps and pool, and nothing of what it has done."""

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.models import AddressBook, Campaign, CampaignInbox, CampaignStep
from nimbus.models.base import table_of
from nimbus.rules.audit import Action
from nimbus.services.asker import Asker
from nimbus.services.campaign_life import changing, note

LONGEST_NAME = 100
_COPIED = ("campaign_type", "min_health_score", "timezone", "days", "opens", "closes")
_ENDING = " (copy)"


def copy_campaign(asker: Asker, campaign_id: int) -> int:
    """The id of the new draft. A book that is gone by now is left out. Raises NoSuchCampaign."""
    with changing(asker, campaign_id) as (session, campaign):
        book_id = session.scalar(
            sa.select(AddressBook.id).where(
                AddressBook.workspace_id == asker.workspace_id, AddressBook.id == campaign.book_id
            )
        )
        copy = Campaign(
            workspace_id=asker.workspace_id,
            name=campaign.name[: LONGEST_NAME - len(_ENDING)] + _ENDING,
            book_id=book_id,
            created_at=now(),
            **{name: getattr(campaign, name) for name in _COPIED},
        )
        session.add(copy)
        session.flush()
        for table in (table_of(CampaignStep), table_of(CampaignInbox)):
            names = [column.name for column in table.c]
            rows = sa.select(
                *(sa.literal(copy.id) if name == "campaign_id" else table.c[name] for name in names)
            ).where(table.c.workspace_id == asker.workspace_id, table.c.campaign_id == campaign_id)
            session.execute(sa.insert(table).from_select(names, rows))
        note(session, asker, Action.CAMPAIGN_MADE, copy, copied_from=campaign.name)
        return copy.id
