"""Launching, pausing, resuming and ending a campaign, and asking for its next batch now."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.errors import NimbusError
from nimbus.models import (
    BookContact,
    Campaign,
    CampaignContact,
    CampaignInbox,
    CampaignStep,
    Contact,
    EmailAccountHealth,
    Suppression,
)
from nimbus.models.base import table_of
from nimbus.rules.audit import Action
from nimbus.rules.campaign_state import (
    CampaignState,
    ContactState,
    Refusal,
    StepCopy,
    may_follow,
    names_in,
    read_hours,
    why_not_launch,
)
from nimbus.rules.follow_up import Steps, next_due
from nimbus.rules.sending_hours import SendingHours
from nimbus.services.advance_contacts import take_back
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.book_fields import known_fields
from nimbus.services.campaign_copy import list_steps
from nimbus.services.live_place import refuse_copies
from nimbus.services.wake_campaigns import wake_campaign


class NoSuchCampaign(NimbusError):
    """There is no campaign with this id in this workspace."""

    def __init__(self) -> None:
        super().__init__("This campaign no longer exists.")


class LaunchRefused(NimbusError):
    """The campaign cannot begin; `reasons` has every reason, with what must be changed."""

    def __init__(self, reasons: list[Refusal]) -> None:
        super().__init__(" ".join(each.sentence for each in reasons))
        self.reasons = reasons


class CannotBecome(NimbusError):
    """The campaign is in another state by now; the sentence says which."""


def launch(asker: Asker, campaign_id: int) -> int:
    """Let a draft begin; how many contacts it begins with. Raises LaunchRefused, CannotBecome, NoSuchCampaign."""
    refuse_copies()
    with changing(asker, campaign_id) as (session, campaign):
        _may_become(campaign, CampaignState.RUNNING, CampaignState.DRAFT)
        steps = list_steps(session, campaign.workspace_id, campaign_id)
        if reasons := reasons_against(session, campaign, steps):
            raise LaunchRefused(reasons)
        begun = _enrol(session, campaign, Steps(tuple(step.delay_days for step in steps)), _hours(campaign))
        campaign.state, campaign.launched_at, campaign.next_at = CampaignState.RUNNING, now(), now()
        note(session, asker, Action.CAMPAIGN_LAUNCHED, campaign, contacts=str(begun))
        ring_after_commit(session, queues.RUN_BATCH, campaign.workspace_id, campaign_id)
    return begun


def pause(asker: Asker, campaign_id: int) -> None:
    """Let nothing more of a campaign leave; what waits at inboxes is taken back. Raises CannotBecome, NoSuchCampaign."""
    with changing(asker, campaign_id) as (session, campaign):
        _may_become(campaign, CampaignState.PAUSED, CampaignState.RUNNING)
        campaign.state, campaign.next_at = CampaignState.PAUSED, None
        note(session, asker, Action.CAMPAIGN_PAUSED, campaign)
    take_back(asker.workspace_id, campaign_id, only_put_off=False)


def resume(asker: Asker, campaign_id: int) -> None:
    """Let a paused campaign go on where it stopped. Raises CannotBecome, NoSuchCampaign."""
    refuse_copies()
    with changing(asker, campaign_id) as (session, campaign):
        _may_become(campaign, CampaignState.RUNNING, CampaignState.PAUSED)
        campaign.state, campaign.next_at = CampaignState.RUNNING, now()
        note(session, asker, Action.CAMPAIGN_RESUMED, campaign)
        ring_after_commit(session, queues.RUN_BATCH, campaign.workspace_id, campaign_id)


def ask_for_batch(asker: Asker, campaign_id: int) -> None:
    """Let the next batch begin at once, with all that was put off; a worker runs it.

    Raises CannotBecome, with a sentence, where none can begin now, or NoSuchCampaign.
    """
    refuse_copies()
    with changing(asker, campaign_id) as (session, campaign):
        if why := _why_no_batch(campaign):
            raise CannotBecome(why)
        wake_campaign(session, asker.workspace_id, campaign_id)
        campaign.next_at, campaign.asked_by = now(), asker.name
        note(session, asker, Action.BATCH_ASKED, campaign)
        ring_after_commit(session, queues.RUN_BATCH, asker.workspace_id, campaign_id)


def finish(asker: Asker, campaign_id: int) -> None:
    """End a campaign for good: whoever still waits gets nothing more of it. Raises CannotBecome, NoSuchCampaign."""
    with changing(asker, campaign_id) as (session, campaign):
        if not may_follow(CampaignState(campaign.state), CampaignState.FINISHED):
            raise CannotBecome(f"This campaign is {campaign.state} by now, so there is nothing to end.")
        campaign.state, campaign.finished_at = CampaignState.FINISHED, now()
        campaign.next_at = campaign.throttled_since = None
        note(session, asker, Action.CAMPAIGN_FINISHED, campaign)
    take_back(asker.workspace_id, campaign_id, only_put_off=False)


def reasons_against(session: Session, campaign: Campaign, steps: Sequence[CampaignStep]) -> list[Refusal]:
    """Why a campaign with these steps cannot begin; none: it can."""
    copies = [StepCopy(step.delay_days, step.subject, step.body, step.html) for step in steps]
    return why_not_launch(
        copies,
        pool_size=_pool_size(session, campaign),
        contacts=count_audience(session, campaign),
        fields=known_fields(session, campaign, names_in(copies)),
        hours=(campaign.timezone, campaign.days, campaign.opens, campaign.closes),
    )


@contextmanager
def changing(asker: Asker, campaign_id: int) -> Iterator[tuple[Session, Campaign]]:
    """A transaction that has the campaign's row for itself. Raises NoSuchCampaign."""
    with transaction() as session:
        campaign = session.scalar(
            sa.select(Campaign)
            .where(Campaign.workspace_id == asker.workspace_id, Campaign.id == campaign_id)
            .with_for_update()
        )
        if campaign is None:
            raise NoSuchCampaign
        yield session, campaign


def _may_become(campaign: Campaign, after: CampaignState, before: CampaignState) -> None:
    if campaign.state != before or not may_follow(before, after):
        raise CannotBecome(f"This campaign is {campaign.state} by now. Look at it again.")


def _why_no_batch(campaign: Campaign) -> str | None:
    if campaign.state != CampaignState.RUNNING:
        return f"This campaign is {campaign.state}, so it has no next batch."
    if campaign.owner is not None and campaign.lease_until is not None and campaign.lease_until > now():
        return "A batch of this campaign runs at this moment."
    hours = _hours(campaign)
    return None if hours.is_open(now()) else f"It is outside this campaign's hours, {hours.in_words}."


def _hours(campaign: Campaign) -> SendingHours:
    return read_hours(campaign.timezone, campaign.days, campaign.opens, campaign.closes)


def _pool_size(session: Session, campaign: Campaign) -> int:
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(CampaignInbox)
            .join(EmailAccountHealth, EmailAccountHealth.id == CampaignInbox.account_id)
            .where(
                CampaignInbox.workspace_id == campaign.workspace_id,
                CampaignInbox.campaign_id == campaign.id,
                EmailAccountHealth.removed_at.is_(None),
            )
        )
        or 0
    )


def _audience(campaign: Campaign) -> sa.Select[int]:
    """Who stands in the campaign's book and may get mail."""
    suppressed = sa.exists().where(
        Suppression.workspace_id == Contact.workspace_id, Suppression.email == Contact.email
    )
    in_book = sa.exists().where(
        BookContact.workspace_id == Contact.workspace_id,
        BookContact.contact_id == Contact.id,
        BookContact.book_id == campaign.book_id,
    )
    return sa.select(Contact.id).where(Contact.workspace_id == campaign.workspace_id, in_book, ~suppressed)


def count_audience(session: Session, campaign: Campaign) -> int:
    """How many of the campaign's book may get mail."""
    return session.scalar(sa.select(sa.func.count()).select_from(_audience(campaign).subquery())) or 0


def _enrol(session: Session, campaign: Campaign, steps: Steps, hours: SendingHours) -> int:
    """Let everybody of the audience wait for the first step; how many. Whoever stands in the campaign already stays."""
    due = next_due(steps, hours, now(), [])
    # Without a delay it is due as the campaign begins: a batch that is asked for by hand finds it there.
    due_at = due.at if due and steps.delays[0] else now()
    contact = table_of(CampaignContact).c
    rows = _audience(campaign).with_only_columns(
        sa.literal(campaign.workspace_id),
        sa.literal(campaign.id),
        Contact.id,
        sa.literal(str(ContactState.WAITING)),
        sa.literal(0),
        sa.literal(due_at, contact.due_at.type),
        sa.literal(0),
    )
    names = ["workspace_id", "campaign_id", "contact_id", "state", "step", "due_at", "deferrals"]
    put = insert_or(CampaignContact, dialect_of(session)).from_select(names, rows).on_conflict_do_nothing()
    enrolled = session.execute(put, execution_options={"preserve_rowcount": True})
    return int(enrolled.rowcount)  # type: ignore[attr-defined]


def note(session: Session, asker: Asker, action: Action, campaign: Campaign, **details: object) -> None:
    """A line of the audit log about a campaign."""
    on = Object("campaign", campaign.id, campaign.name)
    record(session, action, workspace_id=campaign.workspace_id, asker=asker, on=on, **details)
