"""Whether campaigns gave every message to an inbox that could take it, once, and wrote down why: rows, snapshots, the sink."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from nimbus.rules.campaign_state import ContactState
from nimbus.rules.eligibility import Code
from nimbus.rules.send_state import HELD, SendState
from tests.faults.send_judge import LEFT
from tests.servers.sink import Accepted

_PRECISION = timedelta(milliseconds=1)  # of a timeline, which drops what is less
_ON = {ContactState.WAITING, ContactState.PLACED}


class Spell(NamedTuple):
    """When an inbox surely could not send, and because of what; without an end it still cannot."""

    since: datetime
    until: datetime | None
    turn: str


@dataclass(frozen=True, kw_only=True)
class CampaignEvidence:
    """Rows read when everything should be over, what the sink took, and when each inbox surely could not send.

    Each contact is in one campaign, of one step.
    """

    sends: list[Any]
    batches: Mapping[int, Any]
    deferrals: list[Any]
    contacts: list[Any]
    emails: Mapping[int, str]
    pools: Mapping[int, set[int]]
    limits: Mapping[int, int]
    taken: list[Accepted]
    bad: Mapping[int, list[Spell]]


def nobody_is_written_to_twice(evidence: CampaignEvidence) -> Iterator[str]:
    """As the sink counts, whatever the rows say."""
    for recipient, copies in Counter(each.recipient for each in evidence.taken).items():
        if copies > 1:
            yield f"{recipient} was written to {copies} times"


def nothing_is_placed_at_a_bad_inbox(evidence: CampaignEvidence) -> Iterator[str]:
    for send in evidence.sends:
        for spell in _spells(evidence, send.account_id, send.created_at):
            yield f"send {send.id} was given to inbox {send.account_id} at {send.created_at}: {spell}"


def nothing_is_claimed_from_a_bad_inbox(evidence: CampaignEvidence) -> Iterator[str]:
    for send in evidence.sends:
        for at, what, *_ in send.timeline:
            moment = datetime.fromisoformat(at)
            for spell in _spells(evidence, send.account_id, moment) if what == SendState.CLAIMED else ():
                yield f"send {send.id} was claimed from inbox {send.account_id} at {moment}: {spell}"


def every_message_has_its_snapshot(evidence: CampaignEvidence) -> Iterator[str]:
    """The batch that placed it saw its inbox, and saw that it may send."""
    for send in evidence.sends:
        batch = evidence.batches.get(send.batch_id)
        seen = {account_id: checks for account_id, _, checks in batch.pool} if batch else {}
        failing = _failing(seen[send.account_id]) if send.account_id in seen else ["not seen"]
        if failing:
            yield f"send {send.id} of batch {send.batch_id} went to inbox {send.account_id}: {failing}"


def every_deferral_says_why(evidence: CampaignEvidence) -> Iterator[str]:
    """No inbox of its snapshot was left: each failed a rule when the batch began, or turned while it ran."""
    for deferral in evidence.deferrals:
        batch = evidence.batches[deferral.batch_id]
        turned = {account_id for account_id, *_ in batch.turned}
        free = [each[0] for each in batch.pool if not _failing(each[2]) and each[0] not in turned]
        if batch.finished_at and (free or not (deferral.sentence or batch.sentence)):
            yield f"contact {deferral.contact_id} was put off by batch {batch.id} although {free} could send"


def nobody_is_left_behind(evidence: CampaignEvidence) -> Iterator[str]:
    """Everybody's message is over, unless every inbox of the pool has used up its day."""
    used = Counter(send.account_id for send in evidence.sends if send.state in LEFT | HELD)
    for contact in evidence.contacts:
        pool = evidence.pools[contact.campaign_id]
        has_room = any(used[account_id] < evidence.limits[account_id] for account_id in pool)
        if contact.state == ContactState.PLACED or (contact.state in _ON and has_room):
            yield f"contact {contact.contact_id} is {contact.state} for good"


def states_equal_messages(evidence: CampaignEvidence) -> Iterator[str]:
    """Whoever finished has a message that left or may have; whoever waits has none."""
    of_contact = {send.contact_id: send for send in evidence.sends}
    for contact in evidence.contacts:
        send = of_contact.get(contact.contact_id)
        if (contact.state == ContactState.FINISHED) != (send is not None and send.state in LEFT):
            state = send.state if send else "none"
            yield f"contact {contact.contact_id} is {contact.state}, its message {state}"


def _spells(evidence: CampaignEvidence, account_id: int, moment: datetime) -> Iterator[Spell]:
    for spell in evidence.bad.get(account_id, []):
        if spell.since <= moment and (spell.until is None or moment + _PRECISION < spell.until):
            yield spell


def _failing(checks: list[list[Any]]) -> list[str]:
    return [code for code, passes, *_ in checks if not passes and code != Code.PACING]


Invariant = Callable[[CampaignEvidence], Iterator[str]]
INVARIANTS: tuple[Invariant, ...] = (
    nobody_is_written_to_twice,
    nothing_is_placed_at_a_bad_inbox,
    nothing_is_claimed_from_a_bad_inbox,
    every_message_has_its_snapshot,
    every_deferral_says_why,
    nobody_is_left_behind,
    states_equal_messages,
)


def campaign_verdict(evidence: CampaignEvidence) -> dict[str, list[str]]:
    """Name of each invariant that does not hold, with the reasons."""
    found = {invariant.__name__: list(invariant(evidence)) for invariant in INVARIANTS}
    return {name: reasons for name, reasons in found.items() if reasons}
