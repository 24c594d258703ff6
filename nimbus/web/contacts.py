"""Contacts: the books, the list of people, and one person."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models import AddressBook
from nimbus.models.contact_queries import (
    ContactFilter,
    FoundContact,
    count_contacts,
    find_book,
    find_contact,
    list_books,
    list_contacts,
    list_tags,
)
from nimbus.models.import_queries import list_imports
from nimbus.models.send_queries import SendFilter, list_sends
from nimbus.models.suppression_queries import count_suppressed
from nimbus.rules.roles import Permission
from nimbus.rules.suppression import MEANINGS, WORDS, SuppressionReason
from nimbus.services.change_contact import (
    ContactRefused,
    NoSuchContact,
    StillOnTheWay,
    change_contact,
    erase_contact,
    leave_book,
)
from nimbus.services.contact_books import BookRefused, remove_book
from nimbus.services.suppress import SuppressionRefused
from nimbus.services.suppress import suppress as suppress_address
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.forms.contacts import NoteForm, contact_form, own_values
from nimbus.web.ids import row_id
from nimbus.web.message_view import MessageLine
from nimbus.web.partials import go, show

blueprint = Blueprint("contacts", __name__, url_prefix="/contacts")
_IMPORTS, _SENT = 5, 20  # shown beside the books, and on a contact's page
_GONE = "This contact no longer exists."


@blueprint.get("")
def index() -> Response:
    return _list(None)


@blueprint.get("/books/<int:book_id>")
def book(book_id: int) -> Response:
    return _list(_book(book_id))


@blueprint.route("/books/<int:book_id>/remove", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def remove(book_id: int) -> str | AnyResponse:
    found = _book(book_id)
    if request.method == "GET":
        people = count_contacts(db.session(), workspace_id(), ContactFilter(book_id=book_id))
        return render_template("contacts/remove_book.html", book=found, people=people)
    try:
        name = remove_book(asker(), book_id)
    except BookRefused as problem:
        return go(url_for(".index"), str(problem), "bad")
    return go(url_for(".index"), f"The address book “{name}” was removed. Its contacts are still here.")


@blueprint.get("/<int:contact_id>", endpoint="show")
def show_contact(contact_id: int) -> str:
    return _page(_found(contact_id), NoteForm())[0]


@blueprint.route("/<int:contact_id>/edit", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def edit(contact_id: int) -> tuple[str, int] | AnyResponse:
    found = _found(contact_id)
    contact = found.contact
    given = {"first_name": contact.first_name, "last_name": contact.last_name, "tags": ", ".join(found.tags)}
    form = contact_form(contact.fields)(data=given | own_values(contact.fields))
    if form.is_submitted() and form.validate():
        try:
            change_contact(asker(), contact_id, form.values(), form.tags.data or "")
        except ContactRefused as problem:
            form.say(problem.field, str(problem))
        except NoSuchContact:
            return go(url_for(".index"), _GONE, "bad")
        else:
            return go(url_for(".show", contact_id=contact_id), "Saved.")
    page = render_template("contacts/edit.html", form=form, contact=contact)
    return page, 422 if form.errors else 200


@blueprint.post("/<int:contact_id>/books/<int:book_id>/leave")
@needs(Permission.OPERATE)
def leave(contact_id: int, book_id: int) -> AnyResponse:
    _found(contact_id)
    name = _book(book_id).name
    leave_book(asker(), contact_id, book_id)
    return go(url_for(".show", contact_id=contact_id), f"They stand in “{name}” no longer.")


@blueprint.post("/<int:contact_id>/suppress")
@needs(Permission.OPERATE)
def suppress(contact_id: int) -> tuple[str, int] | AnyResponse:
    found, form = _found(contact_id), NoteForm()
    if form.validate():
        try:
            suppress_address(asker(), found.contact.email, form.note.data or "")
        except SuppressionRefused as problem:
            form.note.errors = [str(problem)]
        else:
            return go(url_for(".show", contact_id=contact_id), f"{found.contact.email} gets no more mail.")
    return _page(found, form)


@blueprint.route("/<int:contact_id>/erase", methods=["GET", "POST"])
@needs(Permission.OPERATE, proof=True)
def erase(contact_id: int) -> str | AnyResponse:
    found = _found(contact_id)
    if request.method == "GET":
        return render_template("contacts/erase.html", found=found)
    try:
        erase_contact(asker(), contact_id)
    except StillOnTheWay as problem:
        return go(url_for(".show", contact_id=contact_id), str(problem), "bad")
    except NoSuchContact:
        return go(url_for(".index"), _GONE, "bad")
    return go(url_for(".index"), "The contact was erased.")


def _list(opened: AddressBook | None) -> Response:
    given: dict[str, Any] = {
        "q": request.args.get("q", "").strip()[:200].replace("\0", ""),
        "tag": request.args.get("tag", "")[:40].replace("\0", ""),
        "suppressed": request.args.get("suppressed", "")[:1] and "1",
    }
    given = {name: value for name, value in given.items() if value}
    wanted = ContactFilter(
        text=given.get("q", ""),
        book_id=opened.id if opened else None,
        tag=given.get("tag", ""),
        suppressed="suppressed" in given,
    )
    before = request.args.get("before", type=row_id)
    session = db.session()
    rows, older = list_contacts(session, workspace_id(), wanted, before=before)
    endpoint = ".book" if opened else ".index"
    place: dict[str, Any] = {"book_id": opened.id} if opened else {}
    return show(
        "contacts/index.html",
        "contacts/_list.html",
        book=opened,
        books=[] if opened else list_books(session, workspace_id()),
        imports=[] if opened else list_imports(session, workspace_id(), most=_IMPORTS),
        suppressed=count_suppressed(session, workspace_id()),
        tags=list_tags(session, workspace_id()),
        rows=rows,
        total=count_contacts(session, workspace_id(), wanted),
        given=given,
        words=WORDS,
        here=url_for(endpoint, **place),
        older_url=url_for(endpoint, **place, **given, before=older) if older else None,
        newest_url=url_for(endpoint, **place, **given) if before else None,
    )


def _page(found: FoundContact, form: NoteForm) -> tuple[str, int]:
    sent, more = list_sends(
        db.session(), workspace_id(), SendFilter(contact=(found.contact.id, found.contact.email)), most=_SENT
    )
    reason = SuppressionReason(found.suppression.reason) if found.suppression else None
    page = render_template(
        "contacts/show.html",
        found=found,
        contact=found.contact,
        meaning=reason and MEANINGS[reason],
        word=reason and WORDS[reason],
        sent=[MessageLine.of(row) for row in sent],
        has_more=more is not None,
        form=form,
    )
    return page, 422 if form.errors else 200


def _found(contact_id: int) -> FoundContact:
    found = find_contact(db.session(), workspace_id(), contact_id)
    if found is None:
        abort(404)
    return found


def _book(book_id: int) -> AddressBook:
    found = find_book(db.session(), workspace_id(), book_id)
    if found is None:
        abort(404)
    return found
