"""Before a campaign begins, and what ends it: review, launch, pause, resume, end, duplicate, remove."""

from math import ceil
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.models.campaign_queries import count_contacts, count_sent_by_step
from nimbus.models.contact_queries import find_book
from nimbus.rules.campaign_state import CampaignState, ContactState, Part, may_follow
from nimbus.rules.launch_estimate import days_in_words
from nimbus.rules.roles import Permission
from nimbus.services.campaign_life import (
    CannotBecome,
    LaunchRefused,
    NoSuchCampaign,
    finish,
    launch,
    pause,
    resume,
)
from nimbus.services.copy_campaign import copy_campaign
from nimbus.services.live_place import SendsNothing
from nimbus.services.remove_campaign import remove_campaign
from nimbus.services.review_launch import Review, review_launch
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.campaign_view import campaign_or_404, page_url, why_not_edit
from nimbus.web.components import plural
from nimbus.web.ids import row_id
from nimbus.web.partials import go, show

blueprint = Blueprint("campaign_launch", __name__, url_prefix="/campaigns")

_PER_PAGE = 50
_PARTS = {
    Part.SETTINGS: ("campaign_form.edit", "Settings"),
    Part.STEPS: ("campaign_steps.form", "Messages"),
    Part.POOL: ("campaign_inboxes.index", "Inboxes"),
}


class CannotSendPage:
    """A page of the inboxes that could not send now, each with its reason."""

    def __init__(self, campaign_id: int, review: Review) -> None:
        self._campaign_id, self.total = campaign_id, len(review.cannot_send)
        self.pages = max(1, ceil(self.total / _PER_PAGE))
        self.page = min(request.args.get("page", 1, type=row_id), self.pages)
        start = (self.page - 1) * _PER_PAGE
        self.rows = review.cannot_send[start : start + _PER_PAGE]
        self.first, self.last = start + 1, start + len(self.rows)

    def url(self, *, page: int) -> str:
        """The address of another page."""
        given: dict[str, Any] = {"page": page} if page > 1 else {}
        return url_for("campaign_launch.review", campaign_id=self._campaign_id, **given)


@blueprint.get("/<int:campaign_id>/launch")
def review(campaign_id: int) -> Response | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    return why_not_edit(campaign) or _review(campaign)


@blueprint.post("/<int:campaign_id>/launch")
@needs(Permission.OPERATE)
def begin(campaign_id: int) -> Response | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    try:
        begun = launch(asker(), campaign_id)
    except LaunchRefused:
        return _review(campaign, 422)
    except (CannotBecome, NoSuchCampaign, SendsNothing) as problem:
        return go(url_for("campaigns.index"), str(problem), "bad")
    return go(page_url(campaign_id), f"Launched, with {plural(begun, 'contact', 'contacts')}.")


@blueprint.post("/<int:campaign_id>/pause", endpoint="pause")
@needs(Permission.OPERATE)
def hold(campaign_id: int) -> AnyResponse:
    said = "Paused. What waited at inboxes was taken back and leaves after a resume."
    return _do(campaign_id, pause, said)


@blueprint.post("/<int:campaign_id>/resume", endpoint="resume")
@needs(Permission.OPERATE)
def go_on(campaign_id: int) -> AnyResponse:
    return _do(campaign_id, resume, "Resumed. It goes on where it stopped.")


@blueprint.route("/<int:campaign_id>/finish", methods=["GET", "POST"], endpoint="finish")
@needs(Permission.OPERATE)
def end(campaign_id: int) -> str | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    if request.method == "POST":
        return _do(campaign_id, finish, "Ended. Nothing more of it is sent.")
    if not may_follow(CampaignState(campaign.state), CampaignState.FINISHED):
        return go(page_url(campaign_id), f"It is {campaign.state}, so there is nothing to end.", "bad")
    states = count_contacts(db.session(), workspace_id(), campaign_id)
    waiting = states.get(ContactState.WAITING, 0) + states.get(ContactState.PLACED, 0)
    return render_template("campaigns/finish.html", campaign=campaign, waiting=waiting)


@blueprint.post("/<int:campaign_id>/duplicate")
@needs(Permission.OPERATE)
def duplicate(campaign_id: int) -> AnyResponse:
    campaign_or_404(campaign_id)
    try:
        copy_id = copy_campaign(asker(), campaign_id)
    except NoSuchCampaign as problem:
        return go(url_for("campaigns.index"), str(problem), "bad")
    return go(url_for("campaign_form.edit", campaign_id=copy_id), "This is the copy, a draft of its own.")


@blueprint.route("/<int:campaign_id>/remove", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def remove(campaign_id: int) -> str | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    if request.method == "GET":
        session = db.session()
        return render_template(
            "campaigns/remove.html",
            campaign=campaign,
            contacts=sum(count_contacts(session, workspace_id(), campaign_id).values()),
            sent=sum(count_sent_by_step(session, workspace_id(), campaign_id).values()),
        )
    try:
        name = remove_campaign(asker(), campaign_id)
    except (CannotBecome, NoSuchCampaign) as problem:
        return go(url_for("campaigns.index"), str(problem), "bad")
    return go(url_for("campaigns.index"), f"The campaign “{name}” was removed.")


def _do(campaign_id: int, act: Any, said: str) -> AnyResponse:
    campaign_or_404(campaign_id)
    try:
        act(asker(), campaign_id)
    except NoSuchCampaign as problem:
        return go(url_for("campaigns.index"), str(problem), "bad")
    except (CannotBecome, SendsNothing) as problem:
        return go(page_url(campaign_id), str(problem), "bad")
    return go(page_url(campaign_id), said)


def _review(campaign: Campaign, status: int = 200) -> Response:
    found = review_launch(workspace_id(), campaign.id)
    if found is None:  # somebody has removed it in this very moment
        abort(404)
    book = find_book(db.session(), workspace_id(), campaign.book_id) if campaign.book_id else None
    reasons = [
        (each.sentence, url_for(_PARTS[each.part][0], campaign_id=campaign.id), _PARTS[each.part][1])
        for each in found.reasons
    ]
    estimate, hours = found.estimate, found.hours
    return show(
        "campaigns/launch.html",
        "campaigns/_cannot_send.html",
        status,
        campaign=campaign,
        review=found,
        book=book,
        reasons=reasons,
        estimate=estimate,
        hours=hours,
        days=days_in_words(estimate.days, hours) if estimate and estimate.days and hours else None,
        view=CannotSendPage(campaign.id, found),
    )
