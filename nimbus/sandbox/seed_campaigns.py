"""Campaigns of a rehearsal: they send around the clock, so that something leaves whatever the practice clock says.

One waits to be launched, one runs, and one is throttled: its inboxes are all too young for what it asks.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import (
    AddressBook,
    BookContact,
    Campaign,
    CampaignInbox,
    CampaignStep,
    Contact,
)
from nimbus.rules.campaign_types import CampaignType
from nimbus.sandbox.fleet import FLEET, PROSPECTS, Member
from nimbus.sandbox.people import Habit
from nimbus.sandbox.seed_states import Agency
from nimbus.services.campaign_life import launch

_WHOLE_DAY = (0, 24 * 60)
_STEPS = (
    (
        0,
        "A question, {{first_name|there}}",
        "Hello {{first_name|there}},\n\nwho looks after your suppliers?\n",
    ),
    (2, "", "Hello again,\n\ndid my question reach the right desk?\n"),
)


class _Sketch(NamedTuple):
    """A campaign as it is written here; `floor` is the health score that it asks for."""

    name: str
    kind: CampaignType
    floor: int
    domains: Sequence[str]
    recipients: Sequence[Member]
    is_launched: bool


_QUIET = [each for each in PROSPECTS if each.habit in {Habit.SILENT, Habit.INTERESTED, Habit.NOT_NOW}]
_SKETCHES = (
    _Sketch(
        "Spring prospects",
        CampaignType.COLD_OUTREACH,
        70,
        ("brightline.test", "cedarworks.test"),
        PROSPECTS,
        False,
    ),
    _Sketch("Old friends", CampaignType.NURTURE, 0, ("olivepress.test", "brightline.test"), _QUIET, True),
    _Sketch("Best inboxes only", CampaignType.COLD_OUTREACH, 100, ("harborlegal.test",), _QUIET, True),
)


def show_campaigns(agency: Agency) -> None:
    """Write them, and launch those that run; their first batch is the work of the product's own workers."""
    with transaction() as session:
        contacts = _people(session, agency.asker.workspace_id)
        ids = [_write(session, agency, sketch, contacts) for sketch in _SKETCHES]
    for campaign_id, sketch in zip(ids, _SKETCHES, strict=True):
        if sketch.is_launched:
            launch(agency.asker, campaign_id)


def _people(session: Session, workspace_id: int) -> dict[str, Contact]:
    contacts = {}
    for member in PROSPECTS:
        first_name, _, last_name = member.name.partition(" ")
        contacts[member.address] = Contact(
            workspace_id=workspace_id,
            email=member.address,
            first_name=first_name,
            last_name=last_name,
            fields={"company": "Prospects Ltd"},
            created_at=now(),
            changed_at=now(),
        )
    session.add_all(contacts.values())
    session.flush()
    return contacts


def _write(session: Session, agency: Agency, sketch: _Sketch, contacts: dict[str, Contact]) -> int:
    mine = {"workspace_id": agency.asker.workspace_id}
    book = AddressBook(**mine, name=f"For “{sketch.name}”", created_at=now())
    session.add(book)
    session.flush()
    session.add_all(
        BookContact(**mine, book_id=book.id, contact_id=contacts[member.address].id)
        for member in sketch.recipients
    )
    opens, closes = _WHOLE_DAY
    campaign = Campaign(
        **mine,
        name=sketch.name,
        campaign_type=sketch.kind,
        min_health_score=sketch.floor,
        timezone="UTC",
        days=list(range(7)),
        opens=opens,
        closes=closes,
        book_id=book.id,
        created_at=now(),
    )
    session.add(campaign)
    session.flush()
    of_campaign = mine | {"campaign_id": campaign.id}
    session.add_all(
        CampaignStep(**of_campaign, number=number, delay_days=delay, subject=subject, body=body)
        for number, (delay, subject, body) in enumerate(_STEPS)
    )
    inboxes = [member.address for member in FLEET if member.address.partition("@")[2] in sketch.domains]
    session.add_all(CampaignInbox(**of_campaign, account_id=agency.ids[each]) for each in inboxes)
    return campaign.id
