"""Making a campaign, and changing what it sends, to whom and when, while nothing of it runs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import AddressBook, Campaign, CampaignContact, CampaignStep, Workspace
from nimbus.rules.audit import Action
from nimbus.rules.campaign_state import (
    CampaignState,
    ContactState,
    StepCopy,
    WrongCopy,
    names_in,
    read_hours,
    wrong_copy,
)
from nimbus.rules.campaign_types import CampaignType
from nimbus.rules.follow_up import MOST_STEPS
from nimbus.rules.sending_hours import NeverOpens
from nimbus.services.asker import Asker
from nimbus.services.book_fields import known_fields
from nimbus.services.campaign_copy import list_steps
from nimbus.services.campaign_life import CannotBecome, changing, note
from nimbus.services.queue_send import MessageRefused, checked_body

EDITABLE = frozenset({CampaignState.DRAFT, CampaignState.PAUSED})


class SettingRefused(NimbusError):
    """A setting cannot be kept. `field` is where it must be changed: that of CampaignSettings."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


class StepsRefused(NimbusError):
    """These steps cannot be kept; `wrong` says what is wrong with which."""

    def __init__(self, wrong: Sequence[WrongCopy]) -> None:
        super().__init__(" ".join(each.sentence for each in wrong))
        self.wrong = wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSettings:
    """What is set beside steps and pool. `days` has Monday as 0; `opens` and `closes` are minutes since midnight."""

    name: str
    campaign_type: CampaignType
    min_health_score: int
    book_id: int | None
    timezone: str
    days: Sequence[int]
    opens: int
    closes: int


def create_campaign(asker: Asker, *, name: str, campaign_type: CampaignType, min_health_score: int) -> int:
    """A new draft with the usual hours, in the workspace's zone; its id."""
    with transaction() as session:
        campaign = Campaign(
            workspace_id=asker.workspace_id,
            name=name,
            campaign_type=campaign_type,
            min_health_score=min_health_score,
            timezone=session.get_one(Workspace, asker.workspace_id).timezone,
            created_at=now(),
        )
        session.add(campaign)
        session.flush()
        note(session, asker, Action.CAMPAIGN_MADE, campaign)
        return campaign.id


def change_settings(asker: Asker, campaign_id: int, settings: CampaignSettings) -> None:
    """Set everything beside steps and pool; the audience of one that was launched stays what it was.

    Raises SettingRefused, CannotBecome or NoSuchCampaign.
    """
    with changing(asker, campaign_id) as (session, campaign):
        _may_be_changed(campaign)
        wanted = asdict(settings)
        if campaign.launched_at is not None:
            wanted["book_id"] = campaign.book_id
        elif settings.book_id is not None:
            _find_book(session, asker.workspace_id, settings.book_id)
        _check_hours(settings)
        changed = [name for name, value in wanted.items() if getattr(campaign, name) != value]
        for name in changed:
            setattr(campaign, name, wanted[name])
        if changed:
            note(session, asker, Action.CAMPAIGN_CHANGED, campaign, changed=sorted(changed))


def change_steps(asker: Asker, campaign_id: int, steps: Sequence[StepCopy]) -> None:
    """Put these steps in place of those there are. Raises StepsRefused, CannotBecome or NoSuchCampaign."""
    with changing(asker, campaign_id) as (session, campaign):
        _may_be_changed(campaign)
        # Without a book nobody knows the fields yet; the launch asks for both.
        has_book = campaign.book_id is not None
        fields = known_fields(session, campaign, names_in(steps)) if has_book else None
        wrong = _wrong_number(session, campaign, len(steps))
        for step, copy in enumerate(steps):
            wrong += _too_large(step, copy)
        if wrong := wrong or wrong_copy(steps, fields):
            raise StepsRefused(wrong)
        if _kept(list_steps(session, campaign.workspace_id, campaign_id)) == list(steps):
            return
        of_campaign: dict[str, Any] = {"workspace_id": campaign.workspace_id, "campaign_id": campaign_id}
        session.execute(sa.delete(CampaignStep).filter_by(**of_campaign))
        session.add_all(
            CampaignStep(**of_campaign, number=number, **asdict(copy)) for number, copy in enumerate(steps)
        )
        note(session, asker, Action.CAMPAIGN_CHANGED, campaign, changed=["steps"])


def _may_be_changed(campaign: Campaign) -> None:
    if campaign.state not in EDITABLE:
        said = (
            "Pause it to change it." if campaign.state == CampaignState.RUNNING else "Duplicate it instead."
        )
        raise CannotBecome(f"This campaign is {campaign.state} by now. {said}")


def _find_book(session: Session, workspace_id: int, book_id: int) -> None:
    mine = sa.exists().where(AddressBook.workspace_id == workspace_id, AddressBook.id == book_id)
    if not session.scalar(sa.select(mine)):
        raise SettingRefused("book_id", "This address book no longer exists. Choose another one.")


def _check_hours(settings: CampaignSettings) -> None:
    try:
        read_hours(settings.timezone, settings.days, settings.opens, settings.closes)
    except NeverOpens as problem:
        raise SettingRefused("closes" if settings.days else "days", str(problem)) from None


def _wrong_number(session: Session, campaign: Campaign, steps: int) -> list[WrongCopy]:
    """What is wrong with how many they are: a step that somebody waits for, or has, cannot go."""
    if not steps:
        return [WrongCopy(0, "body", "There is no step yet. Write the first message.")]
    if steps > MOST_STEPS:
        return [WrongCopy(steps - 1, "body", f"These are {steps} steps, and {MOST_STEPS} are the most.")]
    reached = session.scalar(
        sa.select(sa.func.max(CampaignContact.step)).where(
            CampaignContact.workspace_id == campaign.workspace_id,
            CampaignContact.campaign_id == campaign.id,
            CampaignContact.state.in_((ContactState.WAITING, ContactState.PLACED)),
        )
    )
    if reached is None or steps > reached:
        return []
    said = f"Contacts wait for step {reached + 1}, so it cannot be taken out. Change its words instead."
    return [WrongCopy(steps - 1, "body", said)]


def _too_large(step: int, copy: StepCopy) -> list[WrongCopy]:
    wrong = []
    for field, text in (("body", copy.body), ("html", copy.html)):
        try:
            if text.strip():
                checked_body(text)
        except MessageRefused as problem:
            wrong.append(WrongCopy(step, field, str(problem)))
    return wrong


def _kept(steps: Sequence[CampaignStep]) -> list[StepCopy]:
    return [StepCopy(step.delay_days, step.subject, step.body, step.html) for step in steps]
