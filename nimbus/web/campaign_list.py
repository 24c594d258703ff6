"""The list of campaigns: those that wait for an inbox first, searched and narrowed to a state, in pages."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import Blueprint, Response, request, url_for

from nimbus.extensions import db
from nimbus.models.account_queries import count_connected
from nimbus.models.campaign_queries import CampaignFilter, count_campaigns, list_campaigns
from nimbus.models.contact_queries import list_books
from nimbus.rules.campaign_status import WORDS, CampaignKey
from nimbus.web.access import CurrentWorkspace, signed_in
from nimbus.web.campaign_view import CampaignLine
from nimbus.web.ids import row_id
from nimbus.web.partials import show

blueprint = Blueprint("campaigns", __name__, url_prefix="/campaigns")

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class CampaignList:
    """One view of the list; `tabs` has (key, word, count) of everything and of each state that is there."""

    rows: list[CampaignLine]
    tabs: list[tuple[str, str, int]]
    text: str
    key: CampaignKey | None
    page: int
    pages: int
    total: int
    all_total: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0

    def url(self, **changes: object) -> str:
        """The list's address with some values changed; empty ones are left out."""
        values: dict[str, Any] = {"q": self.text, "state": self.key, "page": self.page} | changes
        given = {name: value for name, value in values.items() if value and (name, value) != ("page", 1)}
        return url_for("campaigns.index", **given)


@blueprint.get("")
def index() -> Response:
    workspace = signed_in().workspace
    view = _read(workspace)
    ready = not view.all_total and _is_ready(workspace.id)
    return show("campaigns/index.html", "campaigns/_list.html", view=view, ready=ready)


def _read(workspace: CurrentWorkspace) -> CampaignList:
    session = db.session()
    text = request.args.get("q", "").replace("\0", "").strip()[:100]
    key = request.args.get("state", type=CampaignKey)
    counts = count_campaigns(session, workspace.id, text)
    total = counts.get(key, 0) if key else sum(counts.values())
    pages = max(1, ceil(total / PER_PAGE))
    page = min(request.args.get("page", 1, type=row_id), pages)
    rows = list_campaigns(session, workspace.id, CampaignFilter(text, key), page=page, per_page=PER_PAGE)
    states = [(each.value, WORDS[each], counts[each]) for each in CampaignKey if counts.get(each)]
    return CampaignList(
        rows=[CampaignLine.of(row, workspace.timezone) for row in rows],
        tabs=[("", "All", sum(counts.values())), *states],
        text=text,
        key=key,
        page=page,
        pages=pages,
        total=total,
        all_total=sum(count_campaigns(session, workspace.id).values()) if text else sum(counts.values()),
    )


def _is_ready(workspace_id: int) -> bool:
    """Whether there is what a first campaign needs: an inbox and an address book."""
    session = db.session()
    return bool(count_connected(session, workspace_id) and list_books(session, workspace_id))
