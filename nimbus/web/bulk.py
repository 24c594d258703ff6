"""One change for many accounts: a page that says what will be changed, the change itself, and taking it back."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models.account_queries import PER_PAGE, addresses, matching_ids
from nimbus.models.tag_queries import tags_in_use
from nimbus.rules.roles import Permission
from nimbus.services.bulk_change import NoSuchUndo, NothingToUndo, Outcome, change_many
from nimbus.services.bulk_change import undo as take_back
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.bulk_tasks import TASKS, BulkTask, NameOfOtherKind, inboxes
from nimbus.web.counts import this_moment
from nimbus.web.forms.base import PlainForm
from nimbus.web.ids import LARGEST_ID
from nimbus.web.list_query import ListQuery
from nimbus.web.own_paths import way_back
from nimbus.web.partials import go

blueprint = Blueprint("bulk", __name__)

_NAMED = 5  # addresses that the page and the notice name before they count


@blueprint.get("/email-accounts/bulk")
@needs(Permission.OPERATE)
def ask() -> str | AnyResponse:
    """What would be done, to how many; the list's own form leads here."""
    task, query = TASKS.get(request.args.get("do", "")), ListQuery.read(request.args)
    ids = _ids(request.args.getlist("id"), request.args.get("scope"), query)
    if task is None or not ids:
        return go(query.url(), "Tick some inboxes first, or choose all that match.", "bad")
    return _page(task, task.form(formdata=None), ids, query)


@blueprint.post("/email-accounts/bulk")
@needs(Permission.OPERATE)
def change() -> tuple[str, int] | AnyResponse:
    task, query = TASKS.get(request.form.get("do", "")), ListQuery.read(request.form)
    if task is None:
        abort(400)
    ids = _ids(request.form.getlist("id"), request.form.get("scope"), query)
    form = task.form()
    if not form.validate_on_submit():
        return _page(task, form, ids, query), 422
    if str(len(ids)) != request.form.get("count"):
        # What matched has changed since the page was shown: nobody has agreed to this number.
        return _page(task, form, ids, query, problem=f"{inboxes(len(ids))} match now."), 409
    try:
        outcome = change_many(asker(), ids, task.change(form, asker()))
    except NameOfOtherKind:
        return _page(task, form, ids, query), 422
    _tell(task, form, outcome)
    return go(query.url())


@blueprint.post("/undo/<undo_token>")
@needs(Permission.OPERATE)
def undo(undo_token: str) -> AnyResponse:
    back = way_back() or ListQuery.parse("").url()
    try:
        restored = take_back(asker(), undo_token)
    except NoSuchUndo:
        abort(404)
    except NothingToUndo as problem:
        return go(back, str(problem), "bad")
    notice = f"Undone: {inboxes(restored.restored)} as before."
    if restored.left:
        notice += f" Left as they are, because somebody changed them since: {_some(restored.left, of=len(restored.left))}."
    return go(back, notice, "bad" if restored.left else "ok")


def _ids(ticked: list[str], scope: str | None, query: ListQuery) -> Sequence[int]:
    """The accounts that are meant: those ticked, or all that the filter matches at this moment."""
    if scope == "all":
        moment = this_moment(signed_in().workspace)
        return matching_ids(db.session(), workspace_id(), query.filters, moment)
    if len(ticked) > max(PER_PAGE):  # no page of the list has as many
        abort(400)
    whole = {int(text) for text in ticked if text.isascii() and text.isdigit() and len(text) <= 10}
    return sorted(number for number in whole if 0 < number <= LARGEST_ID)


def _page(task: BulkTask, form: PlainForm, ids: Sequence[int], query: ListQuery, *, problem: str = "") -> str:
    named = addresses(db.session(), workspace_id(), ids[:_NAMED])
    sent = request.values
    return render_template(
        "email_accounts/bulk.html",
        task=task,
        title=task.title.format(inboxes(len(ids))),
        form=form,
        problem=problem,
        count=len(ids),
        named=_some(named, of=len(ids)),
        do=sent["do"],
        scope="all" if sent.get("scope") == "all" else "these",
        ids=() if sent.get("scope") == "all" else ids,
        query=query,
        known_tags=tags_in_use(db.session(), workspace_id()),
    )


def _tell(task: BulkTask, form: PlainForm, outcome: Outcome) -> None:
    """The notice: exactly what was changed, and what was left and why. With Undo where there is something to undo."""
    notice = task.said(form, inboxes(outcome.changed)) if outcome.changed else "Nothing was changed."
    if outcome.left:
        left = (f"{count:,} {'is' if count == 1 else 'are'} {why}" for why, count in outcome.left.items())
        notice += f" Left as they were: {', '.join(left)}."
    flash(notice, f"undo {outcome.undo}" if outcome.undo else "bad")


def _some(names: Sequence[str], *, of: int) -> str:
    """The first of them by name, the rest by number."""
    rest = of - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
