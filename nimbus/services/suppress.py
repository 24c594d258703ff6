"""Addresses that get no more mail: put on the list by hand or by the person themselves, and taken off where that may be."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.errors import NimbusError
from nimbus.models import Suppression, Workspace
from nimbus.rules.audit import Action
from nimbus.rules.contact_values import BadValue, is_plain_address, one_line
from nimbus.rules.roles import may, who_may
from nimbus.rules.suppression import MEANINGS, SuppressionReason, needed_to_lift
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.put_contacts import unusual_address

LONGEST_NOTE = 200
BY_LINK = "the unsubscribe link"


class SuppressionRefused(NimbusError):
    """The list stays as it is; a sentence says why. `field` is where it must be changed: email or note."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


def suppress(asker: Asker, email: str, note: str) -> bool:
    """Put an address on the list, with a person's reason; False when it is there already, and then that stays.

    Raises SuppressionRefused.
    """
    address, note = _address(email), _note(note)
    with transaction() as session:
        added = _put(
            session,
            asker.workspace_id,
            address,
            reason=SuppressionReason.MANUAL,
            source=asker.name,
            note=note,
        )
        if added is not None:
            record(
                session,
                Action.ADDRESS_SUPPRESSED,
                workspace_id=asker.workspace_id,
                asker=asker,
                on=Object("suppression", added, address),
                because=note,
            )
    return added is not None


def unsubscribe(workspace_id: int, email: str) -> None:
    """Put an address on the list because the person behind it asked for that; harmless when asked again.

    What stood there by hand or after a bounce becomes their own word, which nobody takes back.
    """
    with transaction() as session:
        # A workspace that is gone sends nothing to anybody.
        if session.get(Workspace, workspace_id) is not None:
            _put(
                session,
                workspace_id,
                email.lower(),
                reason=SuppressionReason.OPT_OUT,
                source=BY_LINK,
                weaker=(SuppressionReason.MANUAL, SuppressionReason.HARD_BOUNCE),
            )


def suppress_heard(
    session: Session, workspace_id: int, email: str, *, reason: SuppressionReason, send_id: int
) -> None:
    """Within the caller's transaction: what came back says that this address gets no more; harmless when heard again.

    A person's own word takes the place of what stood there by hand or after a bounce.
    """
    is_word = reason in {SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT}
    weaker = (SuppressionReason.MANUAL, SuppressionReason.HARD_BOUNCE) if is_word else ()
    _put(session, workspace_id, email.lower(), reason=reason, source=None, send_id=send_id, weaker=weaker)


def lift(asker: Asker, suppression_id: int, note: str) -> str:
    """Take an address off the list, with a person's reason; gives the address. Raises SuppressionRefused."""
    note = _note(note)
    with transaction() as session:
        found = session.get(Suppression, suppression_id)
        if found is None or found.workspace_id != asker.workspace_id:
            raise SuppressionRefused("email", "This address is not on the list any more.")
        reason = SuppressionReason(found.reason)
        if said := why_it_stays(asker, reason):
            raise SuppressionRefused("email", said)
        # Whoever unsubscribed in this very moment has changed the reason, and stays.
        gone = session.execute(
            sa.delete(Suppression).where(Suppression.id == suppression_id, Suppression.reason == reason)
        )
        if not gone.rowcount:  # type: ignore[attr-defined]
            raise SuppressionRefused("email", "Somebody has changed this just now. Look at it again.")
        record(
            session,
            Action.SUPPRESSION_LIFTED,
            workspace_id=asker.workspace_id,
            asker=asker,
            on=Object("suppression", suppression_id, found.email),
            was_there_because=reason,
            because=note,
        )
        return found.email


def why_it_stays(asker: Asker, reason: SuppressionReason) -> str | None:
    """Why this person cannot take an address with this reason off the list, in a sentence; None where they can."""
    needed = needed_to_lift(reason)
    if needed is None:
        return f"{MEANINGS[reason]} That stays: nobody of this workspace can take it back for them."
    return None if may(asker.role, needed) else f"{who_may(needed)} can take this address off the list."


def _put(
    session: Session,
    workspace_id: int,
    email: str,
    *,
    reason: SuppressionReason,
    source: str | None,
    note: str | None = None,
    send_id: int | None = None,
    weaker: tuple[SuppressionReason, ...] = (),
) -> int | None:
    """The id of the row when it is new, or took the place of a weaker reason."""
    row = {"reason": reason, "created_at": now(), "source": source, "note": note, "send_id": send_id}
    put = insert_or(Suppression, dialect_of(session)).values(workspace_id=workspace_id, email=email, **row)
    same = ["workspace_id", "email"]
    if weaker:
        put = put.on_conflict_do_update(index_elements=same, set_=row, where=Suppression.reason.in_(weaker))
    else:
        put = put.on_conflict_do_nothing(index_elements=same)
    return session.scalar(put.returning(Suppression.id))


def _address(text: str) -> str:
    email = text.strip().lower()
    try:
        return email if is_plain_address(email) else unusual_address(one_line(email))
    except BadValue as problem:
        raise SuppressionRefused("email", str(problem)) from None


def _note(text: str) -> str:
    try:
        note = one_line(text)
    except BadValue as problem:
        raise SuppressionRefused("note", str(problem)) from None
    if not note:
        raise SuppressionRefused("note", "Say why, in a few words: others will ask.")
    if len(note) > LONGEST_NOTE:
        raise SuppressionRefused("note", f"Use at most {LONGEST_NOTE} characters.")
    return note
