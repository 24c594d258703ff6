"""The inboxes of a campaign's pool: looked for as in the list of accounts, ticked, or all that match taken at once."""

from dataclasses import replace
from math import ceil
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models import Campaign
from nimbus.models.account_filter import AccountFilter
from nimbus.models.account_queries import Paging, count_connected, domain_names, list_accounts, matching_ids
from nimbus.models.tag_queries import tags_in_use, tags_on
from nimbus.rules.campaign_state import CampaignState
from nimbus.rules.providers import PROVIDER_NAMES
from nimbus.rules.roles import Permission
from nimbus.services.campaign_life import CannotBecome, NoSuchCampaign
from nimbus.services.campaign_pool import PoolChange, change_pool
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.account_list import ListedAccount
from nimbus.web.bulk_tasks import inboxes
from nimbus.web.campaign_view import campaign_or_404, page_url
from nimbus.web.counts import this_moment
from nimbus.web.ids import row_id
from nimbus.web.list_query import ListQuery
from nimbus.web.partials import go, show

blueprint = Blueprint("campaign_inboxes", __name__, url_prefix="/campaigns")

PER_PAGE = 50


class PoolPage:
    """A page of inboxes, each in the pool or not."""

    def __init__(self, campaign: Campaign, asked: MultiDict[str, str]) -> None:
        self._campaign_id, workspace = campaign.id, signed_in().workspace
        self.query = ListQuery.read(asked)
        self.in_pool = "1" if asked.get("in") == "1" else ""
        session, moment = db.session(), this_moment(workspace)
        pool = AccountFilter(pool_of=campaign.id)
        self.pool_ids = frozenset(matching_ids(session, workspace.id, pool, moment))
        self.all_total = count_connected(session, workspace.id)
        page = self.query.page
        rows, self.total = list_accounts(
            session, workspace.id, self.wanted, paging=Paging("account", page=page), moment=moment
        )
        self.pages, self.page = max(1, ceil(self.total / PER_PAGE)), page
        tags = tags_in_use(session, workspace.id)
        on = tags_on(session, workspace.id, [row.account.id for row in rows]) if tags else {}
        self.rows = [ListedAccount(row, workspace.timezone, on.get(row.account.id, ())) for row in rows]
        self.first = (page - 1) * PER_PAGE + 1 if rows else 0
        self.last = self.first + len(rows) - 1 if rows else 0
        self.domains = domain_names(session, workspace.id)
        self.clients = [tag.name for tag in tags if tag.is_client]
        self.tags = [tag.name for tag in tags if not tag.is_client]
        self.providers = [(key.value, name) for key, name in PROVIDER_NAMES.items()]

    @property
    def filters(self) -> AccountFilter:
        return self.query.filters

    @property
    def wanted(self) -> AccountFilter:
        """The filter with the pool, where only that is wanted."""
        return replace(self.filters, pool_of=self._campaign_id if self.in_pool else None)

    @property
    def is_filtered(self) -> bool:
        return self.wanted != AccountFilter()

    def values(self, **changes: object) -> dict[str, Any]:
        """The parts of this page's address, some of them changed."""
        given = self.query.values(**changes) | ({"in": self.in_pool} if self.in_pool else {})
        return {name: value for name, value in given.items() if value}

    def url(self, **changes: object) -> str:
        """The page's own address with some values changed."""
        return url_for("campaign_inboxes.index", campaign_id=self._campaign_id, **self.values(**changes))


@blueprint.get("/<int:campaign_id>/pool")
def index(campaign_id: int) -> Response | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    view = PoolPage(campaign, request.args)
    if view.page > view.pages:  # there are fewer now than the address remembers
        return go(view.url(page=view.pages))
    return show("campaigns/pool.html", "campaigns/_pool.html", campaign=campaign, view=view)


@blueprint.post("/<int:campaign_id>/pool")
@needs(Permission.OPERATE)
def change(campaign_id: int) -> tuple[str, int] | AnyResponse:
    campaign = campaign_or_404(campaign_id)
    view = PoolPage(campaign, request.form)
    do = request.form.get("do", "")
    shown, ticked = (_ids(name) for name in ("shown", "id"))
    if do == "save":
        add, take_out = sorted(ticked), sorted(shown - ticked)
    elif do in {"add_all", "take_out_all"}:
        matching = list(matching_ids(db.session(), workspace_id(), view.wanted, _moment()))
        if str(len(matching)) != request.form.get("count"):
            # What matched has changed since the page was shown: nobody has agreed to this number.
            problem = f"{inboxes(len(matching))} match now. Look again, then choose."
            page = render_template("campaigns/pool.html", campaign=campaign, view=view, problem=problem)
            return page, 409
        add, take_out = (matching, []) if do == "add_all" else ([], matching)
    else:
        abort(400)
    try:
        done = change_pool(asker(), campaign_id, add=add, take_out=take_out)
    except (CannotBecome, NoSuchCampaign) as problem:
        return go(url_for("campaigns.index"), str(problem), "bad")
    return go(_next(campaign, view), _told(done))


def _next(campaign: Campaign, view: PoolPage) -> str:
    if "go_on" not in request.form:
        return view.url()
    if campaign.state == CampaignState.DRAFT:
        return url_for("campaign_launch.review", campaign_id=campaign.id)
    return page_url(campaign.id)


def _ids(name: str) -> set[int]:
    """The inboxes that a page sends; no page of ours has more of them, nor any that no row can have."""
    given = request.form.getlist(name)
    try:
        found = {row_id(text) for text in given}
    except ValueError:
        abort(400)
    if len(found) > PER_PAGE:
        abort(400)
    return found


def _moment() -> Any:
    return this_moment(signed_in().workspace)


def _told(done: PoolChange) -> str:
    parts = [
        f"{inboxes(count)} {verb} the pool"
        for count, verb in ((done.added, "added to"), (done.taken_out, "taken out of"))
        if count
    ]
    return f"{', '.join(parts)}." if parts else "The pool is as it was."
