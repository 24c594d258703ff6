"""What was decided for a campaign: its batches, one of them with its pool as it was seen, and the pool as it is now."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for

from nimbus.extensions import db
from nimbus.models.batch_queries import find_batch, list_put_off
from nimbus.models.send_queries import SendFilter, list_sends
from nimbus.rules.campaign_types import CampaignType
from nimbus.rules.eligibility import TYPE_WORDS, Code, Wanted
from nimbus.services.batch_ledger import snapshot
from nimbus.services.explain_campaign import explain
from nimbus.web.access import workspace_id
from nimbus.web.campaign_now import poll_of
from nimbus.web.campaign_page import found_campaign
from nimbus.web.campaign_progress import done_of
from nimbus.web.ids import row_id
from nimbus.web.message_view import MessageLine
from nimbus.web.partials import show
from nimbus.web.pool_table import pool_table

blueprint = Blueprint("campaign_decisions", __name__, url_prefix="/campaigns/<int:campaign_id>")


@blueprint.get("/log")
def log(campaign_id: int) -> Response:
    campaign = found_campaign(campaign_id)
    before = request.args.get("before", type=row_id)
    return show(
        "campaigns/log.html",
        "campaigns/_done.html",
        campaign=campaign,
        done=done_of(campaign, before=before),
        before=before,
        poll=poll_of(campaign),
    )


@blueprint.get("/inboxes")
def inboxes(campaign_id: int) -> Response:
    campaign = found_campaign(campaign_id)
    explained = explain(campaign.workspace_id, campaign_id)
    if explained is None:
        abort(404)
    kept = [snapshot(each.standing.account_id, each.judged) for each in explained.pool]

    def url(**changes: Any) -> str:
        return url_for(".inboxes", campaign_id=campaign_id, **_kept_rule() | changes)

    table = pool_table(workspace_id(), kept, explained.wanted, url)
    return show("campaigns/inboxes.html", "campaigns/_inboxes.html", campaign=campaign, view=table)


@blueprint.get("/batches/<int:batch_id>")
def batch(campaign_id: int, batch_id: int) -> Response:
    campaign = found_campaign(campaign_id)
    found = find_batch(db.session(), workspace_id(), campaign_id, batch_id)
    if found is None:
        abort(404)
    wanted = Wanted(CampaignType(found.campaign_type), found.floor)

    def url(**changes: Any) -> str:
        return url_for(".batch", campaign_id=campaign_id, batch_id=batch_id, **_kept_rule() | changes)

    messages, older = list_sends(
        db.session(),
        workspace_id(),
        SendFilter(batch=(campaign_id, batch_id)),
        before=request.args.get("before", type=row_id),
    )
    put_off, more = list_put_off(
        db.session(), workspace_id(), batch_id, after=request.args.get("after", 0, type=row_id)
    )
    return show(
        "campaigns/batch.html",
        "campaigns/_inboxes.html",
        campaign=campaign,
        batch=found,
        kind=TYPE_WORDS[wanted.campaign_type],
        view=pool_table(workspace_id(), found.pool, wanted, url),
        addresses={each[0]: each[1] for each in found.pool},
        messages=[MessageLine.of(row) for row in messages],
        put_off=put_off,
        older_url=url(before=older) if older else None,
        more_url=url(after=more) if more else None,
    )


def _kept_rule() -> dict[str, Any]:
    """What a link to another page of the table carries on."""
    rule = request.args.get("rule", type=Code)
    return {"rule": rule.value} if rule else {}
