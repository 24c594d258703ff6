"""Views of the account list that a person keeps: their names are links below the list's title."""

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models.tag_queries import saved_views
from nimbus.rules.roles import Permission
from nimbus.services.saved_views import CannotSave, NoSuchView, remove_view, save_view
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.forms.tags import ViewForm
from nimbus.web.list_query import ListQuery
from nimbus.web.partials import go

blueprint = Blueprint("saved_views", __name__, url_prefix="/email-accounts/views")


@blueprint.get("")
def index() -> str:
    return _page(ViewForm(formdata=None), ListQuery.read(request.args))


@blueprint.post("")
@needs(Permission.READ)
def save() -> tuple[str, int] | AnyResponse:
    form, query = ViewForm(), ListQuery.parse(request.form.get("query", ""))
    if form.validate_on_submit():
        try:
            save_view(asker(), form.name.data or "", query.text())
        except CannotSave as problem:
            form.name.errors = [str(problem)]
    if form.errors:
        return _page(form, query), 422
    return go(query.url(), f"Saved as “{form.name.data}”.")


@blueprint.post("/<int:view_id>/remove")
@needs(Permission.READ)
def remove(view_id: int) -> AnyResponse:
    try:
        name = remove_view(asker(), view_id)
    except NoSuchView:
        abort(404)
    return go(url_for(".index"), f"“{name}” was removed.")


def own_views() -> list[tuple[int, str, str, str]]:
    """The person's views: (id, name, address, what it shows in words). What was kept is read as any address is."""
    kept = saved_views(db.session(), workspace_id(), signed_in().user_id)
    queries = [ListQuery.parse(view.query) for view in kept]
    return [
        (view.id, view.name, query.url(), query.in_words()) for view, query in zip(kept, queries, strict=True)
    ]


def _page(form: ViewForm, query: ListQuery) -> str:
    return render_template("email_accounts/views.html", form=form, query=query, views=own_views())
