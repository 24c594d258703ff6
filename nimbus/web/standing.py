"""What people decide by hand about an inbox's standing: stage, cooldown, rest, warmup, and what an owner answers for."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.models.account_queries import find_account
from nimbus.rules.durations import clock_time, day_and_month
from nimbus.rules.roles import Permission
from nimbus.services.asker import Asker
from nimbus.services.cool_down import CannotEnd, acknowledge, cool_until, end_cooldowns
from nimbus.services.move_inbox import CannotMove, move_stage, say_fixed, switch_warmup, vouch
from nimbus.services.review_due import review_now
from nimbus.services.update_account import NoSuchAccount
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.forms.rest import RestForm
from nimbus.web.partials import go, show

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
def move(account_id: int) -> AnyResponse:
    return _decide(account_id, _MOVES)


@blueprint.post("/<int:account_id>/answer")
@needs(Permission.ANSWER)
def answer(account_id: int) -> AnyResponse:
    return _decide(account_id, _ANSWERS)


@blueprint.post("/<int:account_id>/rest")
@needs(Permission.OVERRULE)
def rest(account_id: int) -> Response | AnyResponse:
    account, timezone = _account(account_id), signed_in().workspace.timezone
    form = RestForm(timezone)
    if not form.validate_on_submit():
        page, part = "email_accounts/rest.html", "email_accounts/_rest.html"
        return show(page, part, 422, account=account, rest=form)
    until = form.moment
    cool_until(asker(), account_id, until)
    shown = f"{clock_time(until, timezone)} on {day_and_month(until, timezone)}"
    return go(_page(account_id), f"It rests until {shown}, unless something else keeps it longer.")


@blueprint.post("/<int:account_id>/look")
@needs(Permission.OPERATE)
def look(account_id: int) -> AnyResponse:
    _account(account_id)
    changed = review_now(asker(), account_id)
    said = f"Looked again. {'. '.join(changed)}." if changed else "Looked again. Nothing changed."
    return go(_page(account_id), said)


def _decide(account_id: int, moves: dict[str, tuple[_Move, str]]) -> AnyResponse:
    _account(account_id)
    wanted = request.form.get("move", "")
    if wanted not in moves:
        abort(400)
    act, said = moves[wanted]
    try:
        act(asker(), account_id)
    except NoSuchAccount:
        abort(404)
    except (CannotEnd, CannotMove) as problem:
        return go(_page(account_id), str(problem), "bad")
    return go(_page(account_id), said)


def _account(account_id: int) -> EmailAccountHealth:
    found = find_account(db.session(), workspace_id(), account_id, now().date())
    if found is None:
        abort(404)
    return found.account


def _page(account_id: int) -> str:
    return url_for("email_accounts.show", account_id=account_id)
