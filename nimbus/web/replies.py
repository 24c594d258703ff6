"""Replies: the conversations of all inboxes, one of them, answering in it, and saying what an answer is."""

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import db
from nimbus.models.reply_queries import FoundThread, find_html, find_thread
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.roles import Permission
from nimbus.security.mail_html import shown_html
from nimbus.services.answer_thread import NobodyToAnswer, answer_thread
from nimbus.services.correct_reply import NoSuchReply, correct_reply
from nimbus.services.keep_threads import NoSuchThread, SomethingNew, set_done
from nimbus.services.live_place import SendsNothing
from nimbus.services.queue_send import AlreadySent, InboxGone, MessageRefused
from nimbus.web.access import asker, needs, workspace_id
from nimbus.web.forms.messages import AnswerForm, key_or_new, new_key, take_long_text
from nimbus.web.headers import frame
from nimbus.web.ids import row_id
from nimbus.web.partials import go, show
from nimbus.web.thread_list import ThreadList
from nimbus.web.thread_view import ThreadView

blueprint = Blueprint("replies", __name__, url_prefix="/replies")


@blueprint.url_value_preprocessor
def _take_long_texts(endpoint: str | None, _values: object) -> None:
    if endpoint == "replies.answer":
        take_long_text()


@blueprint.get("")
def index() -> Response:
    return show("replies/index.html", "replies/_list.html", list=ThreadList(workspace_id(), request.args))


@blueprint.get("/<int:thread_id>", endpoint="show")
def show_thread(thread_id: int) -> Response:
    found = _found(thread_id)
    return _page(found, AnswerForm(data={"key": new_key(), "seen": found.thread.last_id}))


@blueprint.post("/<int:thread_id>/answer")
@needs(Permission.OPERATE)
def answer(thread_id: int) -> Response | AnyResponse:
    found, form = _found(thread_id), AnswerForm()
    form.key.data = key_or_new(form.key.data)
    if not form.validate():
        return _page(found, form, 422)
    seen = request.form.get("seen", type=row_id)
    try:
        answer_thread(asker(), thread_id, form.body.data or "", key=form.key.data, seen=seen)
    except NoSuchThread:
        abort(404)
    except MessageRefused as refused:
        form.body.errors = [str(refused)]
        return _page(found, form, 422)
    except AlreadySent as problem:
        form.key.data = new_key()
        return _page(found, form, 409, problem=str(problem))
    except (InboxGone, NobodyToAnswer, SendsNothing) as problem:
        return _page(found, form, 409, problem=str(problem))
    return go(url_for(".show", thread_id=thread_id, _anchor="answer"), "Your answer is on its way.")


@blueprint.post("/<int:thread_id>/done")
@needs(Permission.OPERATE)
def done(thread_id: int) -> AnyResponse:
    is_done = request.form.get("done") == "1"
    try:
        set_done(asker(), thread_id, done=is_done, seen=request.form.get("seen", type=row_id))
    except NoSuchThread:
        abort(404)
    except SomethingNew as problem:
        return go(url_for(".show", thread_id=thread_id), str(problem), "bad")
    if is_done:
        return go(url_for(".index"), "Done. Another answer opens it again.")
    return go(url_for(".show", thread_id=thread_id), "It is open again.")


@blueprint.post("/messages/<int:incoming_id>/class")
@needs(Permission.OPERATE)
def reclassify(incoming_id: int) -> AnyResponse:
    became = request.form.get("class", type=ReplyClass)
    if became is None:
        abort(400)
    try:
        thread_id = correct_reply(asker(), incoming_id, became)
    except NoSuchReply:
        abort(404)
    here = url_for(".show", thread_id=thread_id, _anchor=f"message-{incoming_id}")
    return go(here, "Noted, and done what that asks for.")


@blueprint.get("/messages/<int:incoming_id>/html")
def html(incoming_id: int) -> Response:
    """The HTML of a message, for a frame of its own; pictures only where somebody asks for them."""
    written = find_html(db.session(), workspace_id(), incoming_id)
    if written is None:
        abort(404)
    pictures = request.args.get("pictures") == "1"
    safe = Markup(shown_html(written, pictures=pictures))  # noqa: S704 - that is what makes it safe
    return frame(make_response(render_template("replies/framed.html", html=safe)), pictures=pictures)


def _page(found: FoundThread, form: AnswerForm, status: int = 200, *, problem: str = "") -> Response:
    view = ThreadView(found)
    pictures = request.args.get("pictures", type=row_id)  # of which message
    return show(
        "replies/show.html",
        "replies/_thread.html",
        status,
        thread=view,
        form=form,
        problem=problem,
        pictures=pictures,
    )


def _found(thread_id: int) -> FoundThread:
    found = find_thread(db.session(), workspace_id(), thread_id)
    if found is None:
        abort(404)
    return found
