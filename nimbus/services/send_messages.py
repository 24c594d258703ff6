"""Sending what is due at one inbox: one message after another over one connection, each outcome written before the next.

The row is the queue and the claim is the lock, so this may be asked for at any time and any number of times.
"""

import logging
import secrets
import time
import traceback

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from nimbus import queues
from nimbus.clock import now
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import Send
from nimbus.providers.contract import Accepted
from nimbus.providers.errors import DeliveryUnknown, SendRefused, StoppedBeforeBody
from nimbus.providers.message import Letter, compose
from nimbus.rules.send_answers import Category, Stage
from nimbus.rules.send_mark import send_mark
from nimbus.rules.send_state import SendState
from nimbus.services import send_outcome
from nimbus.services.live_place import place_state
from nimbus.services.mail_domains import has_no_mail_server
from nimbus.services.outlet import Inbox, Outlet
from nimbus.services.send_ledger import (
    Claimed,
    begin_body,
    claim_next,
    mark_ambiguous,
    mark_sent,
    put_back,
)
from nimbus.services.sender_turn import SenderTurn, take_turn

TURN_SECONDS = 60  # of claiming; then other inboxes have theirs
_NO_DATABASE = (
    "The database could not be used when this message was about to leave. It waits for another try."
)
_TAKEN_BACK = "The worker that had this message stopped before it left. It waits for another one."

_log = logging.getLogger(__name__)


def serve_inbox(workspace_id: int, account_id: int) -> None:
    """Send what is due at this inbox, unless another worker does. Nothing leaves a copy that nobody confirmed."""
    try:
        if place_state().confirmed and _has_due(workspace_id, account_id):
            _send_in_turn(workspace_id, account_id)
    except OperationalError as error:
        # Whatever was at hand is claimed, or its body has begun: the sweep puts it where it belongs.
        _log.warning("Sending waits for the database: %s", type(error.orig).__name__)


def _send_in_turn(workspace_id: int, account_id: int) -> None:
    turn = take_turn(workspace_id, account_id)
    if turn is None:
        return
    with turn, Outlet(workspace_id, account_id) as outlet:
        _serve(turn, outlet, workspace_id, account_id)
    queues.ring(queues.REVIEW, workspace_id)
    if outlet.looks_wanted:
        queues.ring(queues.KEEP_COPIES, workspace_id, account_id)
    # What came in while this turn ended has found it taken.
    if turn.is_open_now() and _has_due(workspace_id, account_id):
        queues.ring(queues.SERVE_INBOX, workspace_id, account_id)


def _has_due(workspace_id: int, account_id: int) -> bool:
    due = sa.exists().where(
        Send.workspace_id == workspace_id,
        Send.account_id == account_id,
        Send.state == SendState.QUEUED,
        Send.due_at <= now(),
    )
    try:
        return bool(db.session.scalar(sa.select(due)))
    finally:
        db.session.remove()  # no database connection is held while the network is waited for


def _serve(turn: SenderTurn, outlet: Outlet, workspace_id: int, account_id: int) -> None:
    end = time.monotonic() + TURN_SECONDS
    while time.monotonic() < end and _is_worth_waiting(turn, workspace_id, account_id) and turn.goes_on():
        outlet.look_after()
        claimed = claim_next(workspace_id, account_id, turn.owner)
        if claimed is None:
            return
        turn.claimed = claimed
        if not _deliver(turn, outlet, claimed):
            return
        turn.claimed = None


def _is_worth_waiting(turn: SenderTurn, workspace_id: int, account_id: int) -> bool:
    """Whether the pace, where there is one, is kept for a message; for none the worker is given back."""
    return turn.next_slot_at is None or _has_due(workspace_id, account_id)


class _Fence:
    """Asked when nothing of a message has left yet. `is_passed`: from then on only the server's answer decides."""

    def __init__(self, turn: SenderTurn, claimed: Claimed) -> None:
        self.is_passed = False
        self.message = b""
        self._turn = turn
        self._claimed = claimed

    def __call__(self) -> bool:
        self.is_passed = not self._turn.must_end() and begin_body(self._claimed, self.message)
        return self.is_passed


def _deliver(turn: SenderTurn, outlet: Outlet, claimed: Claimed) -> bool:
    """Hand one message over and record how that ended; whether the next one may be tried."""
    fence = _Fence(turn, claimed)
    try:
        inbox = outlet.inbox()
        fence.message = claimed.message or _composed(inbox, outlet, claimed)
        taken = outlet.send(fence.message, claimed.recipient, before_body=fence)
    except SendRefused as error:
        return send_outcome.settle(turn, outlet.inbox(), claimed, error)
    except DeliveryUnknown as doubt:
        mark_ambiguous(claimed, doubt.sentence, doubt.line)
        turn.hold(now() + send_outcome.SERVER_RESTS)  # else such a server could put a whole queue in doubt
        return False
    except StoppedBeforeBody:
        put_back(claimed, due_at=now(), category=None, sentence=_TAKEN_BACK)
        return True
    except OperationalError:
        if fence.is_passed:
            raise
        put_back(claimed, due_at=now(), category=None, sentence=_NO_DATABASE)
        return False
    except Exception as error:  # noqa: BLE001 - every message ends in a state with a sentence
        said = str(error) if isinstance(error, NimbusError) else _our_fault(error)
        if fence.is_passed:
            mark_ambiguous(claimed, said, "")
        else:
            send_outcome.put_off(claimed, said)
        turn.hold(now() + send_outcome.SERVER_RESTS)
        return False
    _record_sent(inbox, claimed, taken)
    if inbox.smtp and inbox.smtp.refusals:
        send_outcome.forget_refusals(inbox.smtp, claimed)
        outlet.read_again()
    if inbox.gap:
        turn.hold(now() + inbox.gap)
    return True


def _record_sent(inbox: Inbox, claimed: Claimed, taken: Accepted) -> None:
    copy_state = ("wanted" if inbox.smtp else "unread") if inbox.wants_looks else None
    ids = {} if inbox.smtp else {"provider_id": taken.provider_id, "thread_id": taken.thread_id}
    mark_sent(claimed, taken.line, copy_state=copy_state, ids=ids)


def _composed(inbox: Inbox, outlet: Outlet, claimed: Claimed) -> bytes:
    """The message itself; raises SendRefused for an address that nothing can be sent to."""
    login = inbox.smtp.login if inbox.smtp else None
    if has_no_mail_server(claimed.recipient, sender=inbox.email, login=login, network=outlet.network):
        raise SendRefused(Stage.RCPT, "", "", category=Category.HARD_DOMAIN)
    try:
        return compose(
            Letter(
                sender=inbox.email,
                sender_name=inbox.display_name,
                recipient=claimed.recipient,
                subject=claimed.subject,
                text=claimed.body,
                html=claimed.html or "",
                message_id=claimed.message_id,
                mark=send_mark(claimed.id, claimed.message_id),
                dated_at=claimed.dated_at,
                headers=claimed.headers,
            )
        )
    except ValueError:
        raise SendRefused(Stage.RCPT, "", "", category=Category.BAD_ADDRESS) from None


def _our_fault(error: Exception) -> str:
    reference = secrets.token_hex(2).upper()
    # The text of a library's exception may quote what was sent, so only its kind and place are logged.
    place = "".join(traceback.format_tb(error.__traceback__))
    _log.error("Sending failed on our side, reference %s: %s\n%s", reference, type(error).__name__, place)
    return f"Something went wrong on our side. Reference {reference}, in the log of the worker."
