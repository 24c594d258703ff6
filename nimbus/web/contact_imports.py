"""Importing contacts in three steps: the file, what its columns hold, and how far it is. No step needs a script."""

from collections.abc import Iterator

from flask import Blueprint, Flask, Response, abort, current_app, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import SystemClock
from nimbus.extensions import db
from nimbus.models import ContactImport
from nimbus.models.contact_queries import find_book, list_books
from nimbus.models.import_queries import find_import, list_unread
from nimbus.queues import MAINTENANCE, workers_alive
from nimbus.rules.contact_import import LARGEST_FILE, UNDER_WAY, Duplicates, ImportState
from nimbus.rules.contact_values import check_columns
from nimbus.rules.csv_columns import DELIMITERS, ENCODINGS, FIXED
from nimbus.rules.csv_lines import csv_line
from nimbus.rules.roles import Permission
from nimbus.services.contact_books import BookRefused
from nimbus.services.contact_files import FileRefused, FileTooLarge
from nimbus.services.upload_contacts import (
    BegunAlready,
    ColumnsRefused,
    begin_import,
    preview,
    receive_file,
)
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.forms.contacts import ColumnsForm, UploadForm, offered_targets
from nimbus.web.partials import go, show

blueprint = Blueprint("contact_imports", __name__, url_prefix="/contacts")

_ROOM = 64 * 1024  # bytes, for what a form has beside its file
_DRAINED = 4 * LARGEST_FILE  # bytes that are read to their end, so that a browser comes to read the answer
_BATCH = 500


@blueprint.url_value_preprocessor
def _take_files(endpoint: str | None, _values: object) -> None:
    """Let a member send a file; before anything reads the form, the check of its token included."""
    if endpoint == "contact_imports.new" and current_user.is_authenticated:
        request.max_content_length = LARGEST_FILE + _ROOM


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(error: RequestEntityTooLarge) -> RequestEntityTooLarge | tuple[str, int]:
    if request.endpoint != "contact_imports.new" or not current_user.is_authenticated:
        return error
    # A browser that is still sending does not read, and would show a broken connection in place of the sentence.
    left = min(request.content_length or 0, _DRAINED)
    while left > 0 and (piece := request.environ["wsgi.input"].read(min(left, 1024 * 1024))):
        left -= len(piece)
    form = UploadForm(formdata=None)
    form.file.errors = [str(FileTooLarge())]
    return _upload_page(form, 413)


@blueprint.route("/import", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def new() -> tuple[str, int] | AnyResponse:
    form = UploadForm()
    if not form.is_submitted() or not form.validate():
        return _upload_page(form, 422 if form.errors else 200)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.file.errors = ["Choose a CSV file."]
        return _upload_page(form, 422)
    try:
        import_id = receive_file(
            asker(), sent.stream, sent.filename, book_id=form.book_id, new_book=form.new_book.data or ""
        )
    except FileTooLarge as problem:
        form.file.errors = [str(problem)]
        return _upload_page(form, 413)
    except FileRefused as problem:
        form.file.errors = [str(problem)]
        return _upload_page(form, 422)
    except BookRefused as problem:
        (form.book if form.book.data else form.new_book).errors = [str(problem)]
        return _upload_page(form, 422)
    return go(url_for(".columns", import_id=import_id))


@blueprint.route("/imports/<int:import_id>/columns", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def columns(import_id: int) -> tuple[str, int] | AnyResponse:
    found, form = _found(import_id), ColumnsForm()
    if found.state != ImportState.UPLOADED:
        return go(url_for(".progress", import_id=import_id))
    offered = offered_targets(found.columns, found.titles)
    chosen = [str(each) for each in found.columns]
    problem = ""
    if form.is_submitted():
        chosen = [request.form.get(f"column-{number}", "") for number in range(len(offered))]
        known = all(each in dict(choices) for each, choices in zip(chosen, offered, strict=True))
        problem = (check_columns(chosen) or "") if known else "Choose from what each column offers."
        if form.validate() and not problem and "again" not in request.form:
            try:
                duplicates = Duplicates(form.duplicates.data)
                begin_import(
                    asker(), import_id, columns=chosen, duplicates=duplicates, tags=form.tags.data or ""
                )
            except ColumnsRefused as refused:
                form.tags.errors = [str(refused)]
            except BegunAlready:
                pass
            if not form.tags.errors:
                return go(url_for(".progress", import_id=import_id))
    return _columns_page(found, form, chosen, problem=problem)


@blueprint.get("/imports/<int:import_id>")
def progress(import_id: int) -> Response:
    found = _found(import_id)
    waits = found.state == ImportState.QUEUED
    return show(
        "contacts/import.html",
        "contacts/_progress.html",
        found=found,
        book=find_book(db.session(), workspace_id(), found.book_id),
        is_under_way=found.state in UNDER_WAY,
        # Workers beat in the machine's time, wherever the product's clock was moved to.
        no_worker=waits
        and not any(MAINTENANCE in each.queues for each in workers_alive(SystemClock().now())),
        unread=list_unread(db.session(), workspace_id(), import_id, most=10) if found.unread else [],
    )


@blueprint.get("/imports/<int:import_id>/unread.csv")
def unread(import_id: int) -> Response:
    found = _found(import_id)
    titles = [*map(str, found.titles), "Line", "Problem"]
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's own way to it
    return Response(
        _file(app, workspace_id(), import_id, titles),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="not-imported-{import_id}.csv"'},
    )


def _file(app: Flask, workspace: int, import_id: int, titles: list[str]) -> Iterator[str]:
    """The rows that became no contact, each with its reason, to be mended and imported again.

    Each batch has a context of its own: no connection is held while a slow reader reads, and whoever only asks
    about the file, with a HEAD, leaves nothing open.
    """
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + csv_line(
        titles
    )  # or spreadsheets would take it for another encoding
    line = 0
    while True:
        with app.app_context():
            rows = list_unread(db.session(), workspace, import_id, after=line, most=_BATCH)
            lines = [
                csv_line([*_filled(row.values, len(titles) - 2), str(row.line), row.sentence]) for row in rows
            ]
            line = rows[-1].line if rows else 0
        if not lines:
            return
        yield "".join(lines)


def _filled(values: list[str], width: int) -> list[str]:
    """As many fields as the file has columns; what is too much stays in the last one."""
    whole = [*values, *[""] * (width - len(values))]
    return [*whole[: width - 1], ", ".join(whole[width - 1 :])]


def _found(import_id: int) -> ContactImport:
    found = find_import(db.session(), workspace_id(), import_id)
    if found is None:
        abort(404)
    return found


def _upload_page(form: UploadForm, status: int) -> tuple[str, int]:
    form.offer(list_books(db.session(), workspace_id()))
    return render_template("contacts/upload.html", form=form), status


def _columns_page(
    found: ContactImport, form: ColumnsForm, chosen: list[str], *, problem: str
) -> tuple[str, int] | AnyResponse:
    try:
        beginning = preview(found, chosen)
    except FileRefused as gone:
        return go(url_for(".new"), str(gone), "bad")
    page = render_template(
        "contacts/columns.html",
        found=found,
        book=find_book(db.session(), workspace_id(), found.book_id),
        form=form,
        chosen=chosen,
        offered=offered_targets(found.columns, found.titles),
        beginning=beginning,
        own=[each for each in chosen if each and each not in FIXED],
        problem=problem,
        layout=f"{ENCODINGS[found.encoding]}, columns between {DELIMITERS[found.delimiter]}s",
    )
    return page, 422 if problem or form.errors else 200
