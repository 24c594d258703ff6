"""Campaigns with less patience, or with one of the bugs that a harness of campaigns must see."""

import time
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from nimbus.rules.send_state import SendState
from nimbus.services import advance_contacts, batch_ledger, place_send, run_batch, send_claim
from nimbus.services.batch_pool import PoolInbox
from tests.faults import send_bugs

SPACING = timedelta(seconds=0.4)


def hurry() -> None:
    """Inboxes send twice a second instead of every few minutes, and a dead batch is noticed soon."""
    run_batch.spacing = lambda *_: SPACING
    batch_ledger.LEASE = send_bugs.LEASE


def place_without_looking() -> None:
    """The inbox is not judged again where it is used, and what was read of it grows old."""
    look, put = place_send.read_again, run_batch.place

    def unjudged(*asked) -> dict[int, PoolInbox]:
        found = look(*asked)
        return {
            each: replace(inbox, judged=inbox.judged._replace(checks=())) for each, inbox in found.items()
        }

    def later(*given) -> list[place_send.Placed]:
        time.sleep(0.25)
        return put(*given)

    place_send.read_again, run_batch.place = unjudged, later


def claim_without_asking() -> None:
    """What a campaign asks of an inbox is not asked at the claim."""
    send_claim.why_campaign_stops = lambda *_: None


def take_back_what_is_under_way() -> None:
    """A message is taken back although a sender has it."""

    def anything(workspace_id, campaign_id, *, only_put_off) -> int:
        send, contact = advance_contacts._SEND, advance_contacts._CONTACT
        with advance_contacts.transaction() as session:
            held = send.c.state.in_((SendState.CLAIMED, SendState.IN_DATA))
            gone = session.execute(
                sa.delete(send).where(send.c.campaign_id == campaign_id, held).returning(send.c.contact_id)
            ).all()
            session.execute(
                sa.update(contact)
                .where(contact.c.contact_id.in_([row.contact_id for row in gone]))
                .values(state="waiting", account_id=None)
            )
            return len(gone)

    advance_contacts.take_back = anything


def forget_the_snapshot() -> None:
    """A batch writes down nothing of its pool."""
    batch_ledger.snapshot = lambda account_id, judged: [account_id, judged.inbox.inbox, [["INACTIVE", False]]]


BUGS = {
    bug.__name__: bug
    for bug in (
        place_without_looking,
        claim_without_asking,
        take_back_what_is_under_way,
        forget_the_snapshot,
    )
}
