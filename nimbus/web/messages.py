"""Messages: writing one through an inbox, following it to its end, moving it, deciding about one in doubt, and the list."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import SystemClock
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.models.account_queries import list_senders
from nimbus.models.reply_queries import thread_with
from nimbus.models.send_queries import FoundSend, SendFilter, find_inbox, find_send, list_sends
from nimbus.queues import SEND, workers_alive
from nimbus.rules.roles import Permission
from nimbus.rules.send_state import HELD, SendState
from nimbus.services.asker import Asker
from nimbus.services.live_place import SendsNothing
from nimbus.services.move_send import Stays, move_send, why_it_stays
from nimbus.services.queue_send import AlreadySent, InboxGone, MessageRefused, send_test, write_message
from nimbus.services.resolve_send import NotInDoubt, resolve, send_again
from nimbus.web.access import asker, needs, signed_in, workspace_id
from nimbus.web.counts import this_moment
from nimbus.web.forms.messages import MessageForm, MoveForm, key_or_new, new_key, take_long_text
from nimbus.web.ids import row_id
from nimbus.web.message_view import STATES, MessageLine, MessageView, why_it_cannot_send
from nimbus.web.partials import go, show

blueprint = Blueprint("messages", __name__)

_NEWEST = 10  # on an account's page
_ANOTHER = "This page has sent a message already, and it was not this one. To send this one too, press Send once more."


@dataclass(frozen=True, slots=True)
class AccountMessages:
    """The part of an account's page: its newest messages, why it cannot send, and a key for the test message."""

    lines: list[MessageLine]
    why_not: str | None
    key: str


def messages_of(account_id: int) -> AccountMessages:
    """What an account's page shows of its messages."""
    rows, _ = list_sends(db.session(), workspace_id(), SendFilter(account_id), most=_NEWEST)
    why_not = why_it_cannot_send(_inbox(account_id))
    return AccountMessages([MessageLine.of(row) for row in rows], why_not, new_key())


@blueprint.url_value_preprocessor
def _take_long_texts(endpoint: str | None, _values: object) -> None:
    """Let the form through that may carry much; before anything reads it, the check of its token included."""
    if endpoint == "messages.write":
        take_long_text()


@blueprint.route("/email-accounts/<int:account_id>/write", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def write(account_id: int) -> tuple[str, int] | AnyResponse:
    form = MessageForm()
    if request.method == "POST":
        return _send(form, account_id)
    _fill(form, account_id)
    return _form(form, _connected(account_id), 200)


def _send(form: MessageForm, account_id: int) -> tuple[str, int] | AnyResponse:
    """Send what was typed. For words that would be lost, an inbox that was removed meanwhile is not simply missing."""
    account = _inbox(account_id) if form.body.data else _connected(account_id)
    form.key.data = key_or_new(form.key.data)
    if why_it_cannot_send(account):
        return _form(form, account, 409)
    if not form.validate():
        return _form(form, account, 422)
    typed = {"to": form.recipient.data, "subject": form.subject.data, "body": form.body.data}
    try:
        message_id = write_message(asker(), account_id, **typed, key=form.key.data)
    except MessageRefused as refused:
        form[refused.field].errors = [str(refused)]
        return _form(form, account, 422)
    except AlreadySent:
        form.key.data = new_key()
        return _form(form, account, 409, problem=_ANOTHER)
    except (InboxGone, SendsNothing) as problem:
        return _form(form, _inbox(account_id), 409, problem=str(problem))
    return go(url_for(".show", message_id=message_id))


@blueprint.post("/email-accounts/<int:account_id>/test-message")
@needs(Permission.OPERATE)
def test(account_id: int) -> AnyResponse:
    problem = why_it_cannot_send(_connected(account_id))
    if problem is None:
        try:
            message_id = send_test(asker(), account_id, key=key_or_new(request.form.get("key")))
            return go(url_for(".show", message_id=message_id))
        except (AlreadySent, InboxGone, MessageRefused) as refused:
            problem = str(refused)
    return go(url_for("email_accounts.show", account_id=account_id), problem, "bad")


@blueprint.get("/messages")
def index() -> Response:
    account_id, state = request.args.get("account", type=row_id), request.args.get("state", type=SendState)
    account = find_inbox(db.session(), workspace_id(), account_id) if account_id else None
    if account_id and account is None:
        abort(404)
    states = HELD if state in HELD else frozenset({state} if state else ())
    before = request.args.get("before", type=row_id)
    wanted = SendFilter(account_id, states)
    rows, older = list_sends(db.session(), workspace_id(), wanted, before=before)
    given: dict[str, Any] = {"account": account_id, "state": state}
    return show(
        "messages/index.html",
        "messages/_list.html",
        lines=[MessageLine.of(row) for row in rows],
        account=account,
        state=STATES[state] if state else None,
        tabs=_tabs(account_id, state),
        older_url=url_for(".index", **given, before=older) if older else None,
        newest_url=url_for(".index", **given) if before else None,
    )


@blueprint.get("/messages/<int:message_id>", endpoint="show")
def show_message(message_id: int) -> Response:
    found = _found(message_id)
    view = MessageView(found)
    view.no_worker = view.waits_for_worker and not _somebody_sends()
    view.thread_id = thread_with(db.session(), found.send)
    return show("messages/show.html", "messages/_message.html", message=view)


@blueprint.route("/messages/<int:message_id>/inbox", methods=["GET", "POST"])
@needs(Permission.OPERATE)
def move(message_id: int) -> tuple[str, int] | AnyResponse:
    """Let it leave through another inbox. A page of its own: that of the message is read again while it is looked at."""
    found, form = _found(message_id), MoveForm()
    this_page = url_for(".show", message_id=message_id)
    if request.method == "GET":
        if why := why_it_stays(found.send):
            return go(this_page, why, "bad")
        form.from_account.data = found.account.id
    seen_at = request.form.get("from_account", found.account.id, type=row_id)
    senders = list_senders(db.session(), workspace_id(), this_moment(signed_in().workspace))
    form.offer(each for each in senders if each.id != seen_at)
    if request.method == "POST" and form.validate():
        try:
            address = move_send(asker(), message_id, from_account=seen_at, to_account=int(form.inbox.data))
        except (InboxGone, MessageRefused, Stays) as problem:
            return go(this_page, str(problem), "bad")
        return go(this_page, f"It leaves through {address} as soon as that inbox may send.")
    page = render_template("messages/move.html", form=form, message=MessageView(found))
    return page, 422 if form.errors else 200


@blueprint.post("/messages/<int:message_id>/decision")
@needs(Permission.OPERATE)
def decide(message_id: int) -> AnyResponse:
    _found(message_id)
    shown, notice, tone = decided(asker(), message_id)
    return go(url_for(".show", message_id=shown), notice, tone)


def decided(person: Asker, message_id: int) -> tuple[int, str, str]:
    """Do what a button beside a message in doubt says: the message to show then, a notice, and its category."""
    decision = request.form.get("decision")
    if decision not in {"sent", "not_sent", "again"}:
        abort(400)
    try:
        if decision == "again":
            return send_again(person, message_id), "It is sent again, as a message of its own.", "ok"
        resolve(person, message_id, was_sent=decision == "sent")
    except (InboxGone, MessageRefused, NotInDoubt) as problem:
        return message_id, str(problem), "bad"
    return message_id, "Noted: it was sent." if decision == "sent" else "Noted: it was not sent.", "ok"


def _found(message_id: int) -> FoundSend:
    found = find_send(db.session(), workspace_id(), message_id)
    if found is None:
        abort(404)
    return found


def _inbox(account_id: int) -> EmailAccountHealth:
    account = find_inbox(db.session(), workspace_id(), account_id)
    if account is None:
        abort(404)
    return account


def _connected(account_id: int) -> EmailAccountHealth:
    account = _inbox(account_id)
    if account.removed_at is not None:
        abort(404)
    return account


def _fill(form: MessageForm, account_id: int) -> None:
    """An empty form, or one with the words of an earlier message of this inbox."""
    form.key.data = new_key()
    like = request.args.get("like", type=row_id)
    earlier = find_send(db.session(), workspace_id(), like) if like else None
    if earlier and earlier.account.id == account_id:
        form.recipient.data, form.subject.data = earlier.send.recipient, earlier.send.subject
        form.body.data = earlier.send.body


def _form(
    form: MessageForm, account: EmailAccountHealth, status: int, *, problem: str = ""
) -> tuple[str, int]:
    why_not = why_it_cannot_send(account)
    page = render_template(
        "messages/write.html", form=form, account=account, why_not=why_not, problem=problem
    )
    return page, status


def _tabs(account_id: int | None, opened: SendState | None) -> list[tuple[str, str, bool]]:
    """(word, address, whether it is open) of everything and of each state; one word for both ways of being sent."""
    tabs = [("All", url_for(".index", account=account_id), opened is None)]
    for state, view in STATES.items():
        if state != SendState.IN_DATA:
            url = url_for(".index", account=account_id, state=state)
            tabs.append((view.word, url, opened is not None and view.word == STATES[opened].word))
    return tabs


def _somebody_sends() -> bool:
    # Workers beat in the machine's time, wherever the product's clock was moved to.
    return any(SEND in worker.queues for worker in workers_alive(SystemClock().now()))
