"""Taking the next message of an inbox, together with its place in the day's budget and under the provider's ceiling."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from nimbus.clock import local_day, now
from nimbus.rules.campaign_gate import CampaignAsks, InboxOffers, why_campaign_stops
from nimbus.rules.campaign_state import CampaignState, ContactState
from nimbus.rules.campaign_types import CampaignType, Restriction
from nimbus.rules.eligibility import Wanted
from nimbus.rules.providers import ConnectionState
from nimbus.rules.send_gate import Never, SendFacts, Wait, counted_since, why_not
from nimbus.rules.send_state import BY_A_PERSON, LEASE, SendKind, SendState
from nimbus.services.patient_write import patient_write
from nimbus.services.prepared import Writing
from nimbus.services.send_statements import of_database, timeline_line
from nimbus.services.todays_limit import ceiling_of, todays_limit


@dataclass(frozen=True, slots=True)
class Claimed:
    """A send as its worker has it. `attempts` counts this one; `message` is None until the first body.

    `message_id` and `dated_at` are those of the first claim, for ever. `day` and `hour` are the budgets it was
    taken from.
    """

    id: int
    workspace_id: int
    account_id: int
    kind: SendKind
    recipient: str
    subject: str
    body: str
    html: str | None
    message: bytes | None
    headers: dict[str, str]  # beside the usual ones
    message_id: str
    dated_at: datetime
    attempts: int
    owner: str
    day: date
    hour: datetime


class _Overtaken(Exception):
    """What the claim was decided on is not so any more; nothing of it stays."""


def claim_next(workspace_id: int, account_id: int, owner: str) -> Claimed | None:
    """The inbox's oldest due message that may leave now, with its place in the budget; None when there is none.

    Those that may never leave end here, and those that must wait get their reason and a later moment.
    """
    while True:
        try:
            found = patient_write(
                partial(_take, workspace_id=workspace_id, account_id=account_id, owner=owner)
            )
        except _Overtaken:
            continue
        if not isinstance(found, Never | Wait):
            return found


def _take(
    writing: Writing, *, workspace_id: int, account_id: int, owner: str
) -> Claimed | Never | Wait | None:
    """One look at the oldest due send: claimed, ended or put off in this transaction."""
    moment, sql = now(), of_database(writing.database)
    inbox = {"of_workspace": workspace_id, "of_account": account_id}
    due = inbox | {"at_moment": moment, "since": counted_since(moment)}
    rows = writing.rows(sql.next_due, due)
    if not rows:
        return None
    [row] = rows
    facts = _facts(writing, row, due)
    stopped = why_not(facts) or _stopped_by_campaign(row, facts)
    if isinstance(stopped, Never):
        writing.change(sql.end, ended(stopped, moment) | {"of_send": row.id})
    elif isinstance(stopped, Wait):
        until = {"reason": stopped.sentence, "due_at": stopped.until}
        if stopped.stops:
            writing.change(sql.put_off, due | until | {"of_kinds": f",{','.join(stopped.stops)},"})
        else:
            writing.change(sql.put_off_one, until | {"of_send": row.id})
    return stopped or _claim(writing, row, facts, inbox | {"new_owner": owner})


def _facts(writing: Writing, row: Any, due: Mapping[str, Any]) -> SendFacts:
    moment, ceiling = due["at_moment"], ceiling_of(row, row.domain)
    used_by_hour = {_hour_of(moment): row.in_24_hours}
    if row.in_24_hours >= ceiling:  # only then does it matter which hours they were
        by_hour = writing.rows(of_database(writing.database).by_hour, due)
        used_by_hour = {each.hour: each.used for each in by_hour}
    return SendFacts(
        now=moment,
        timezone=row.timezone,
        inbox=row.email,
        kind=SendKind(row.kind),
        recipient=row.recipient,
        removed=row.removed_at is not None,
        suppressed_for=row.suppressed_for,
        is_active=row.is_active,
        connection_state=ConnectionState(row.connection_state),
        domain=row.domain,
        domain_pause_reason=row.pause_reason,
        server_pause_reason=row.server_pause_reason,
        last_used_day=row.last_used_day,
        used_today=row.used if row.last_used_day == local_day(moment, row.timezone) else 0,
        daily_limit=_todays_limit(row, moment),
        used_by_hour=used_by_hour,
        ceiling=ceiling,
        cooldown_until=row.cooldown_until,
        waits_for_owner=row.needs_acknowledgement,
    )


def _todays_limit(row: Any, moment: datetime) -> int:
    shaped = todays_limit(
        row, domain=row.domain, resumed_at=row.resumed_at, timezone=row.timezone, moment=moment
    )
    return shaped.limit


def _stopped_by_campaign(row: Any, facts: SendFacts) -> Never | Wait | None:
    """What stops this message of a campaign, and no other message of the inbox."""
    if row.campaign_id is None:
        return None
    asked = CampaignAsks(
        recipient=facts.recipient,
        state=row.campaign_state and CampaignState(row.campaign_state),
        contact=row.contact_state and ContactState(row.contact_state),
        problem=row.problem,
        wanted=row.campaign_type and Wanted(CampaignType(row.campaign_type), row.min_health_score),
    )
    offers = InboxOffers(
        facts.inbox, Restriction(row.restriction), row.overall_score, row.current_stage, row.stage_sentence
    )
    return why_campaign_stops(asked, offers, facts.now)


def ended(never: Never, moment: datetime) -> dict[str, Any]:
    """The values of a send that ends without having left."""
    return {
        "state": SendState.FAILED,
        "category": never.category,
        "reason": never.sentence,
        "finished_at": moment,
        "new_line": timeline_line(moment, SendState.FAILED, never.sentence),
    }


def _claim(writing: Writing, row: Any, facts: SendFacts, inbox: dict[str, Any]) -> Claimed:
    """Count the send in its hour and its day, then take it if both still have room. Raises _Overtaken."""
    moment = facts.now
    # What a person writes may leave although the clock went back; it counts on the latest day, so none is used twice.
    day = max(facts.day, facts.last_used_day or facts.day)
    line = timeline_line(moment, SendState.CLAIMED, "A worker took the message.")
    taken = inbox | {
        "of_send": row.id,
        "of_day": day,
        "of_hour": _hour_of(moment),
        "of_timezone": facts.timezone,
        "of_ceiling": facts.ceiling,
        "since": counted_since(moment),
        "new_lease": moment + LEASE,
        "new_message_id": row.message_id or _new_message_id(facts.inbox),
        "new_dated_at": row.dated_at or moment,
        "new_line": line,
    }
    if not _is_taken(writing, row, facts, taken):
        raise _Overtaken
    return Claimed(
        id=row.id,
        workspace_id=inbox["of_workspace"],
        account_id=inbox["of_account"],
        kind=facts.kind,
        recipient=row.recipient,
        subject=row.subject,
        body=row.body,
        html=row.html,
        message=row.message,
        headers=row.headers or {},
        message_id=taken["new_message_id"],
        dated_at=taken["new_dated_at"],
        attempts=row.attempts + 1,
        owner=inbox["new_owner"],
        day=day,
        hour=taken["of_hour"],
    )


def _is_taken(writing: Writing, row: Any, facts: SendFacts, taken: dict[str, Any]) -> bool:
    """Count it, and see whether the message, its hour, its day and its inbox are still what was decided on."""
    sql = of_database(writing.database)
    writing.change(sql.count_hour, taken)
    writing.change(sql.count_day, taken)
    if facts.kind in BY_A_PERSON:
        return writing.change(sql.claim_for_person, taken)
    limit = {
        "of_limit": facts.daily_limit,
        "of_daily_limit": row.daily_send_limit,
        "of_version": row.health_version,
    }
    return writing.change(sql.claim, taken | limit)


def _new_message_id(inbox: str) -> str:
    return f"<{secrets.token_hex(16)}@{inbox.rpartition('@')[2]}>"


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
