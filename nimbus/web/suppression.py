"""The suppression list: who gets no more mail, why, and what of it people may change."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models.suppression_queries import count_suppressed, find_suppressed, list_suppressed
from nimbus.rules.roles import Permission
from nimbus.rules.suppression import MEANINGS, WORDS, SuppressionReason
from nimbus.services.suppress import SuppressionRefused, lift, suppress, why_it_stays
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.forms.contacts import NoteForm, SuppressForm
from nimbus.web.ids import row_id
from nimbus.web.partials import go, show

blueprint = Blueprint("suppression", __name__, url_prefix="/contacts/suppression")


@blueprint.get("")
def index() -> Response:
    return _page(SuppressForm(formdata=None))


@blueprint.post("")
@needs(Permission.OPERATE)
def add() -> AnyResponse:
    form = SuppressForm()
    if form.validate():
        try:
            is_new = suppress(asker(), form.email.data or "", form.note.data or "")
        except SuppressionRefused as problem:
            form[problem.field].errors = [str(problem)]
        else:
            email = (form.email.data or "").lower()
            said = f"{email} gets no more mail." if is_new else f"{email} was on the list already."
            return go(url_for(".index"), said)
    return _page(form, 422)


@blueprint.route("/<int:suppression_id>/lift", methods=["GET", "POST"], endpoint="lift")
@needs(Permission.OPERATE)
def take_off(suppression_id: int) -> tuple[str, int] | AnyResponse:
    found = find_suppressed(db.session(), workspace_id(), suppression_id)
    if found is None:
        abort(404)
    form, reason = NoteForm(), SuppressionReason(found.reason)
    email = found.email
    stays = why_it_stays(asker(), reason)
    if form.is_submitted() and form.validate() and stays is None:
        try:
            lift(asker(), suppression_id, form.note.data or "")
        except SuppressionRefused as problem:
            if problem.field != "note":
                return go(url_for(".index"), str(problem), "bad")
            form.note.errors = [str(problem)]
        else:
            return go(url_for(".index"), f"{email} may get mail again.")
    page = render_template(
        "suppression/lift.html", row=found, form=form, stays=stays, meaning=MEANINGS[reason]
    )
    return page, 422 if form.errors or (stays and form.is_submitted()) else 200


def _page(form: SuppressForm, status: int = 200) -> Response:
    text = request.args.get("q", "").strip()[:254].replace("\0", "")
    before = request.args.get("before", type=row_id)
    rows, older = list_suppressed(db.session(), workspace_id(), text, before=before)
    given: dict[str, Any] = {"q": text} if text else {}
    return show(
        "suppression/index.html",
        "suppression/_list.html",
        status,
        form=form,
        rows=rows,
        total=count_suppressed(db.session(), workspace_id()),
        words=WORDS,
        stays={reason: why_it_stays(asker(), reason) for reason in SuppressionReason},
        text=text,
        older_url=url_for(".index", **given, before=older) if older else None,
        newest_url=url_for(".index", **given) if before else None,
    )
