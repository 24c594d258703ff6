"""Sending domains: the list, one domain's page, checking again, and setting a pause aside for a day."""

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models.account_filter import AccountFilter
from nimbus.models.account_queries import Paging, list_accounts
from nimbus.rules.roles import Permission
from nimbus.services.due_domains import NothingToCheck, ask_all, ask_check
from nimbus.services.pause_domain import CannotOverride, NoSuchDomain, end_override, resume_anyway
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.account_view import AccountView
from nimbus.web.components import plural
from nimbus.web.counts import this_moment
from nimbus.web.domain_list import DomainList
from nimbus.web.domain_view import DomainView, view_of
from nimbus.web.ids import row_id
from nimbus.web.limits import limit_domain_checks
from nimbus.web.partials import go, show, wants_fragment

blueprint = Blueprint("domains", __name__, url_prefix="/domains")

_INBOXES = 20  # on the domain's page; the list of accounts has them all


@blueprint.get("")
def index() -> Response:
    view = DomainList(workspace_id(), request.args)
    return show("domains/index.html", "domains/_list.html", view=view)


@blueprint.post("/check")
@needs(Permission.OPERATE)
@limit_domain_checks
def check_all() -> AnyResponse:
    count = ask_all(asker())
    if not count:
        return go(url_for(".index"), "There is no domain to check yet.", "bad")
    return go(url_for(".index"), f"{plural(count, 'domain is', 'domains are')} being checked.")


@blueprint.get("/<domain>", endpoint="show")
def show_domain(domain: str) -> Response:
    return _page(_view(domain))


@blueprint.post("/<domain>/check")
@needs(Permission.OPERATE)
@limit_domain_checks
def check(domain: str) -> Response | AnyResponse:
    try:
        ask_check(asker(), _view(domain).name)
    except NothingToCheck as problem:
        return go(url_for(".show", domain=domain), str(problem), "bad")
    return _page(_view(domain)) if wants_fragment() else go(url_for(".show", domain=domain))


@blueprint.post("/<domain>/override")
@needs(Permission.OVERRULE)
def override(domain: str) -> AnyResponse:
    try:
        resume_anyway(asker(), _view(domain).name)
    except CannotOverride as problem:
        return go(url_for(".show", domain=domain), str(problem), "bad")
    return go(url_for(".show", domain=domain), "Its inboxes send again, for a day.")


@blueprint.post("/<domain>/override/end")
@needs(Permission.OVERRULE)
def end(domain: str) -> AnyResponse:
    end_override(asker(), _view(domain).name)
    return go(url_for(".show", domain=domain), "Its pause is not set aside any more.")


def _view(domain: str) -> DomainView:
    try:
        return view_of(workspace_id(), domain, before=request.args.get("before", type=row_id))
    except NoSuchDomain:
        abort(404)


def _page(view: DomainView) -> Response:
    workspace = signed_in().workspace
    rows, total = list_accounts(
        db.session(),
        workspace.id,
        AccountFilter(domain=view.name),
        paging=Paging(per_page=_INBOXES),
        moment=this_moment(workspace),
    )
    inboxes = [AccountView(row, workspace.timezone) for row in rows]
    return show("domains/show.html", "domains/_domain.html", view=view, inboxes=inboxes, total=total)
