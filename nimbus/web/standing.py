"""What people decide by hand about an inbox's standing: stage, cooldown, warmup, and what an owner answers for."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models.account_queries import find_account
from nimbus.rules.roles import Permission
from nimbus.services.asker import Asker
from nimbus.services.cool_down import CannotEnd, acknowledge, end_cooldowns
from nimbus.services.move_inbox import CannotMove, move_stage, say_fixed, switch_warmup, vouch
from nimbus.services.update_account import NoSuchAccount
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.partials import go

blueprint = Blueprint("standing", __name__, url_prefix="/email-accounts")

_Move = Callable[[Asker, int], None]

_MOVES: dict[str, tuple[_Move, str]] = {
    "promote": (partial(move_stage, up=True), "Promoted by one stage."),
    "demote": (partial(move_stage, up=False), "Demoted by one stage."),
    "end_cooldown": (end_cooldowns, "The cooldown was ended."),
    "warmup_on": (partial(switch_warmup, on=True), "It takes part in warmup again."),
    "warmup_off": (partial(switch_warmup, on=False), "It is kept out of warmup."),
}
_ANSWERS: dict[str, tuple[_Move, str]] = {
    "acknowledge": (acknowledge, "Its complaints were looked at."),
    "fixed": (say_fixed, "Noted. The next look takes it into account."),
    "warm": (vouch, "Noted. The gates of its stages still have to pass."),
}


@blueprint.post("/<int:account_id>/standing")
@needs(Permission.OVERRULE)
def move(account_id: int) -> Response:
    return _decide(account_id, _MOVES)


@blueprint.post("/<int:account_id>/answer")
@needs(Permission.ANSWER)
def answer(account_id: int) -> Response:
    return _decide(account_id, _ANSWERS)


def _decide(account_id: int, moves: dict[str, tuple[_Move, str]]) -> Response:
    page = url_for("email_accounts.show", account_id=account_id)
    if find_account(db.session(), workspace_id(), account_id, now().date()) is None:
        abort(404)
    wanted = request.form.get("move", "")
    if wanted not in moves:
        abort(400)
    act, said = moves[wanted]
    try:
        act(asker(), account_id)
    except NoSuchAccount:
        abort(404)
    except (CannotEnd, CannotMove) as problem:
        return go(page, str(problem), "bad")
    return go(page, said)
