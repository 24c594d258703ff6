"""What is stuck and why: throttled campaigns first, then how the inboxes stand and what is heard of their mail."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models.campaign_counts import Throttled, list_throttled
from nimbus.models.domain_queries import paused_behind
from nimbus.rules.eligibility import Code
from nimbus.rules.rotation import costliest
from nimbus.web.access import signed_in, workspace_id
from nimbus.web.counts import worded_counts
from nimbus.web.deliverability_figures import PERIODS, figures_of
from nimbus.web.domain_links import PausedDomain, paused_links
from nimbus.web.partials import show as show_page
from nimbus.web.partials import wants_fragment

blueprint = Blueprint("deliverability", __name__)

_WHY = {
    Code.RESTRICTED: "reserved for other campaigns",
    Code.INACTIVE: "out of rotation",
    Code.NOT_CONNECTED: "to be reconnected",
    Code.DOMAIN_PAUSED: "on a paused domain",
    Code.BELOW_SCORE: "below the campaign's floor for the health score",
    Code.BUDGET_SPENT: "with today's budget used",
    Code.BUDGET_HELD_FOR_WARMUP: "keeping the rest of today for warmup",
    Code.STAGE_TOO_LOW: "at too low a stage",
    Code.COOLDOWN: "in cooldown",
    Code.PACING: "waiting for their next slot",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A throttled campaign with the reason that keeps back most of its inboxes, and the domains where that is it."""

    campaign: Throttled
    why: str
    paused: list[PausedDomain]


@blueprint.get("/deliverability")
def show() -> Response:
    counts = worded_counts(signed_in().workspace)
    throttled = list_throttled(db.session(), workspace_id())
    paused = paused_behind(db.session(), workspace_id(), [each.id for each in throttled])
    return show_page(
        "deliverability/show.html",
        "deliverability/_throttled.html",
        lines=[_line(each, paused_links(paused[each.id])) for each in throttled],
        looked_at=now(),
        put_off=sum(each.put_off for each in throttled),
        figures=None if wants_fragment() else figures_of(signed_in().workspace, _period()),
        periods=PERIODS,
        counts=counts if counts[0][2] else [],
    )


def _period() -> int:
    asked = request.args.get("days", type=int)
    return asked if asked in PERIODS else PERIODS[0]


def _line(campaign: Throttled, paused: list[PausedDomain]) -> Line:
    if not campaign.pool:
        return Line(campaign, "Its sending pool has no inbox", [])
    reasons: Mapping[Code, int] = {Code(code): count for code, count in (campaign.reasons or {}).items()}
    worst = costliest(reasons)
    if worst is None:  # the inboxes of single threads, while others may send
        return Line(campaign, "The inboxes of some conversations cannot send", [])
    why = f"{reasons[worst]:,} of {campaign.pool:,} inboxes {_WHY[worst]}"
    return Line(campaign, why, paused if Code.DOMAIN_PAUSED in reasons else [])
