"""Settings, Audit log: who did what, to which object, from where; narrowed, page by page, or as a file."""

from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from werkzeug.datastructures import MultiDict

from nimbus.clock import local_day, now
from nimbus.extensions import db
from nimbus.models import AuditEvent
from nimbus.models.audit_queries import count_audit, list_audit, people_of_audit
from nimbus.rules.csv_lines import csv_line
from nimbus.rules.roles import Permission
from nimbus.services.export_audit import begin_export, exported
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.audit_view import COLUMNS, by_day, columns
from nimbus.web.forms.audit import AuditFilterForm
from nimbus.web.ids import row_id

blueprint = Blueprint("audit", __name__, url_prefix="/settings/audit")


@blueprint.get("")
@needs(Permission.MANAGE_MEMBERS)
def index() -> str | tuple[str, int]:
    form = _form(request.args)
    if not form.validate():
        return render_template("audit/index.html", form=form, days=[], given={}), 422
    workspace, before = signed_in().workspace, request.args.get("before", type=row_id)
    events, older = list_audit(db.session(), workspace.id, form.wanted(workspace.timezone), before=before)
    given = form.given()
    return render_template(
        "audit/index.html",
        form=form,
        days=by_day(events, workspace),
        given=given,
        older_url=url_for(".index", **given, before=older) if older else None,
        newest_url=url_for(".index", **given) if before else None,
    )


@blueprint.route("/export", methods=["GET", "POST"])
@needs(Permission.MANAGE_MEMBERS, proof=True)
def export() -> str | tuple[str, int] | Response:
    form, workspace = _form(request.values), signed_in().workspace
    if not form.validate():
        return render_template("audit/index.html", form=form, days=[], given={}), 422
    wanted = form.wanted(workspace.timezone)
    if request.method == "GET":
        lines = count_audit(db.session(), workspace.id, wanted)
        return render_template("audit/export.html", form=form, lines=lines, given=form.given())
    before = begin_export(asker(), wanted, form.in_words())
    name = f"audit-log-{local_day(now(), workspace.timezone)}.csv"
    return Response(
        stream_with_context(_file(exported(workspace_id(), wanted, before))),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _form(query: MultiDict[str, str]) -> AuditFilterForm:
    form = AuditFilterForm(query)
    form.know(people_of_audit(db.session(), workspace_id()))
    return form


def _file(batches: Iterator[Sequence[AuditEvent]]) -> Iterator[str]:
    yield csv_line(COLUMNS)
    for events in batches:
        yield "".join(csv_line(columns(event)) for event in events)
