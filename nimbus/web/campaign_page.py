"""The page of one campaign: why it does or does not send, another floor tried, and what is done about it."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.models.campaign_queries import find_campaign
from nimbus.rules.roles import Permission
from nimbus.services.campaign_life import CannotBecome, NoSuchCampaign, ask_for_batch
from nimbus.services.explain_campaign import try_floor
from nimbus.services.fix_campaign import add_fit_inboxes, set_floor
from nimbus.services.live_place import SendsNothing
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.campaign_now import NEAR_SHOWN, NowView, now_of, poll_of
from nimbus.web.campaign_progress import done_of
from nimbus.web.forms.campaign_floor import FloorForm
from nimbus.web.partials import go
from nimbus.web.partials import show as show_page

blueprint = Blueprint("campaign_page", __name__, url_prefix="/campaigns")


@blueprint.get("/<int:campaign_id>")
def show(campaign_id: int) -> Response:
    return _page(campaign_id, "campaigns/_now.html")


@blueprint.get("/<int:campaign_id>/floor")
def floor(campaign_id: int) -> Response:
    """What another floor would change: nothing is written."""
    if "floor" not in request.args:
        return _page(campaign_id, "campaigns/_floor.html")
    form = FloorForm(request.args)
    answer = try_floor(workspace_id(), campaign_id, form.floor.number) if form.validate() else None
    return _page(campaign_id, "campaigns/_floor.html", 422 if form.errors else 200, form=form, answer=answer)


@blueprint.post("/<int:campaign_id>/floor")
@needs(Permission.OPERATE)
def change_floor(campaign_id: int) -> AnyResponse:
    form = FloorForm()
    if not form.validate():
        return _page(campaign_id, "campaigns/_floor.html", 422, form=form, answer=None)
    try:
        set_floor(asker(), campaign_id, form.floor.number)
    except NoSuchCampaign:
        abort(404)
    return go(
        url_for(".show", campaign_id=campaign_id),
        f"The floor is {form.floor.number} now. What waits is tried again at once.",
    )


@blueprint.post("/<int:campaign_id>/inboxes")
@needs(Permission.OPERATE)
def add_inboxes(campaign_id: int) -> AnyResponse:
    try:
        added = add_fit_inboxes(asker(), campaign_id)
    except NoSuchCampaign:
        abort(404)
    said = "1 inbox is" if added == 1 else f"{added:,} inboxes are"
    notice = f"{said} new in the pool." if added else "No other inbox of this workspace could send it now."
    return go(url_for(".show", campaign_id=campaign_id), notice)


@blueprint.post("/<int:campaign_id>/batch")
@needs(Permission.OPERATE)
def ask(campaign_id: int) -> AnyResponse:
    page = url_for(".show", campaign_id=campaign_id)
    try:
        ask_for_batch(asker(), campaign_id)
    except NoSuchCampaign:
        abort(404)
    except (CannotBecome, SendsNothing) as problem:
        return go(page, str(problem), "bad")
    return go(page, "The next batch begins now.")


def found_campaign(campaign_id: int) -> Campaign:
    """The campaign of this workspace that an address names, or a 404."""
    campaign = find_campaign(db.session(), workspace_id(), campaign_id)
    if campaign is None:
        abort(404)
    return campaign


def _page(campaign_id: int, fragment: str, status: int = 200, **given: Any) -> Response:
    campaign = found_campaign(campaign_id)
    now = now_of(campaign, signed_in().workspace.timezone)
    if now is None:
        abort(404)
    return show_page(
        "campaigns/show.html",
        fragment,
        status,
        now=now,
        campaign=campaign,
        near_shown=NEAR_SHOWN,
        done=done_of(campaign, before=None),
        poll=poll_of(campaign),
        **{"form": _usual_floor(now), "answer": None} | given,
    )


def _usual_floor(now: NowView) -> FloorForm:
    """The form with the floor that would let the near misses in, or a little less than now."""
    form = FloorForm(formdata=None)
    near = [each.score for each in now.why.near if each.score is not None]
    form.floor.data = min(near, default=max(0, now.campaign.min_health_score - 5))
    return form
