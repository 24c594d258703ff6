"""The sends of the whole installation on /system, and the decisions about those in doubt of one's own workspaces."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models.member_queries import OwnWorkspace, list_own_workspaces
from nimbus.models.send_queries import (
    SendRow,
    count_by_state,
    count_doubtful,
    find_send,
    list_doubtful,
    oldest_due,
)
from nimbus.rules.roles import Permission, may
from nimbus.rules.send_state import SendState
from nimbus.services.asker import Asker
from nimbus.web.access import for_instance_owner, needs, signed_in
from nimbus.web.ids import row_id
from nimbus.web.message_view import STATES
from nimbus.web.messages import decided
from nimbus.web.partials import go

blueprint = Blueprint("system_sends", __name__, url_prefix="/system/messages")

_MOST = 20  # in doubt, on one page


@dataclass(frozen=True, slots=True)
class SystemSends:
    """Messages by the word for their state, since when the longest-waiting one could have left, and those in doubt.

    `elsewhere` counts the doubts in workspaces where this person may not decide: their words are not shown.
    """

    counts: dict[str, int]
    oldest_due: datetime | None
    doubtful: list[SendRow]
    more: int
    elsewhere: int


def system_sends() -> SystemSends:
    """What /system shows of the sends."""
    session, own = db.session(), [each.id for each in _own()]
    counts, by_word = count_by_state(session), Counter[str]()
    for state, view in STATES.items():
        by_word[view.word] += counts.get(state, 0)
    mine = count_doubtful(session, own)
    doubtful = list_doubtful(session, own, most=_MOST)
    return SystemSends(
        counts={word: count for word, count in by_word.items() if count},
        oldest_due=oldest_due(session, now()),
        doubtful=doubtful,
        more=mine - len(doubtful),
        elsewhere=counts.get(SendState.AMBIGUOUS, 0) - mine,
    )


@blueprint.post("")
@for_instance_owner
@needs(Permission.READ)
def decide() -> AnyResponse:
    """Any workspace may be meant in which this person decides; the one that is open stays open."""
    message_id = request.form.get("message", type=row_id) or 0
    own = next((each for each in _own() if find_send(db.session(), each.id, message_id)), None)
    if own is None:
        abort(404)
    _, notice, tone = decided(_asker_in(own), message_id)
    return go(url_for("system.show", _anchor="sends"), notice, tone)


def _own() -> list[OwnWorkspace]:
    """The workspaces in which this person may decide about a message."""
    workspaces = list_own_workspaces(db.session(), signed_in().user_id)
    return [each for each in workspaces if may(each.role, Permission.OPERATE)]


def _asker_in(workspace: OwnWorkspace) -> Asker:
    person = signed_in()
    return Asker(workspace.id, person.user_id, person.name, workspace.role, address=request.remote_addr or "")
