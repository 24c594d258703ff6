"""The practice Gmail API: its addresses, each of them one method."""

from typing import Any

from flask import Blueprint, Response, request

from nimbus.sandbox.google_calls import method, the_world
from nimbus.sandbox.google_errors import ApiRefused
from nimbus.sandbox.google_history import history
from nimbus.sandbox.google_messages import attachment, labelled, reference, shown
from nimbus.sandbox.google_search import found
from nimbus.sandbox.google_sending import Submission, accept, read_json, read_upload
from nimbus.sandbox.wire import cut
from nimbus.sandbox.world import Mailbox, Stored

mail = Blueprint("google_mail", __name__)
_USER = "/gmail/v1/users/<user_id>"
LABELS = (
    "INBOX", "SPAM", "TRASH", "SENT", "DRAFT", "UNREAD", "STARRED", "IMPORTANT", "CHAT", "CATEGORY_PERSONAL",
    "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS",
)  # fmt: skip
_UNTOUCHABLE = frozenset({"SENT", "DRAFT", "CHAT"})
_MOST_LISTED, _MOST_CHANGED = 500, 1000


@mail.get(f"{_USER}/profile")
@method("GetProfile")
def profile(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "emailAddress": mailbox.address,
        "messagesTotal": len(mailbox.messages),
        "threadsTotal": len({stored.thread_id for stored in mailbox.messages}),
        "historyId": str(mailbox.history_id),
    }


@mail.get(f"{_USER}/settings/sendAs")
@method("ListSendAs")
def send_as(mailbox: Mailbox) -> dict[str, Any]:
    primary = {
        "sendAsEmail": mailbox.address,
        "displayName": mailbox.send_as_name,
        "replyToAddress": "",
        "signature": "",
        "isPrimary": True,
        "isDefault": True,
        "verificationStatus": "accepted",
    }
    return {"sendAs": [primary]}


@mail.post(f"{_USER}/messages/send")
@method("SendMessage")
def send(mailbox: Mailbox) -> dict[str, Any] | Response:
    return _taken(mailbox, read_json(request))


@mail.post(f"/upload{_USER}/messages/send")
@method("SendMessage")
def upload(mailbox: Mailbox) -> dict[str, Any] | Response:
    return _taken(mailbox, read_upload(request))


@mail.get(f"{_USER}/messages")
@method("ListMessages")
def list_messages(mailbox: Mailbox) -> dict[str, Any]:
    with_hidden = request.args.get("includeSpamTrash") == "true"
    labels, now = request.args.getlist("labelIds"), the_world().clock.now()
    with the_world().lock:
        fitting = found(mailbox, request.args.get("q", ""), labels=labels, with_hidden=with_hidden, now=now)
    start, size = _number("pageToken", 0), _page_size()
    listed: dict[str, Any] = {"resultSizeEstimate": len(fitting)}
    if page := fitting[start : start + size]:
        listed["messages"] = [reference(stored) for stored in page]
    if len(fitting) > start + size:
        listed["nextPageToken"] = str(start + size)
    return listed


@mail.get(f"{_USER}/messages/<message_id>")
@method("GetMessage")
def get_message(mailbox: Mailbox, message_id: str) -> dict[str, Any]:
    return shown(_find(mailbox, message_id), *_form())


@mail.get(f"{_USER}/messages/<message_id>/attachments/<attachment_id>")
@method("GetAttachment")
def get_attachment(mailbox: Mailbox, message_id: str, attachment_id: str) -> dict[str, Any]:
    return attachment(_find(mailbox, message_id), attachment_id)


@mail.get(f"{_USER}/threads/<thread_id>")
@method("GetThread")
def get_thread(mailbox: Mailbox, thread_id: str) -> dict[str, Any]:
    with the_world().lock:
        joined = [stored for stored in mailbox.messages if stored.thread_id == thread_id]
    if not joined:
        raise ApiRefused("notFound")
    newest = max(stored.history_id for stored in joined)
    return {
        "id": thread_id,
        "historyId": str(newest),
        "messages": [shown(stored, *_form()) for stored in joined],
    }


@mail.get(f"{_USER}/history")
@method("ListHistory")
def list_history(mailbox: Mailbox) -> dict[str, Any]:
    with the_world().lock:
        return history(
            mailbox,
            start=request.args.get("startHistoryId", ""),
            types=request.args.getlist("historyTypes"),
            label=request.args.get("labelId", ""),
            page=(_page_size(), request.args.get("pageToken", "")),
            now=the_world().clock.now(),
        )


@mail.get(f"{_USER}/labels")
@method("ListLabels")
def list_labels(_: Mailbox) -> dict[str, Any]:
    return {"labels": [{"id": name, "name": name, "type": "system"} for name in LABELS]}


@mail.get(f"{_USER}/labels/<label>")
@method("GetLabel")
def get_label(mailbox: Mailbox, label: str) -> dict[str, Any]:
    if label not in LABELS:
        raise ApiRefused("notFound")
    with the_world().lock:
        count = sum(label in stored.labels for stored in mailbox.messages)
    return {"id": label, "name": label, "type": "system", "messagesTotal": count}


@mail.post(f"{_USER}/messages/<message_id>/modify")
@method("ModifyMessage")
def modify(mailbox: Mailbox, message_id: str) -> dict[str, Any]:
    add, remove = _labels("addLabelIds"), _labels("removeLabelIds")
    with the_world().lock:
        stored = _find(mailbox, message_id)
        mailbox.relabel(stored, add=add, remove=remove)
        return labelled(stored)


@mail.post(f"{_USER}/messages/batchModify")
@method("BatchModifyMessages")
def batch_modify(mailbox: Mailbox) -> Response:
    add, remove, ids = _labels("addLabelIds"), _labels("removeLabelIds"), _texts("ids")
    if not 0 < len(ids) <= _MOST_CHANGED:
        raise ApiRefused("invalidArgument", "Between 1 and 1000 message ids are needed")
    with the_world().lock:
        for stored in filter(None, map(mailbox.find, ids)):
            mailbox.relabel(stored, add=add, remove=remove)
    return Response(status=204)


def _taken(mailbox: Mailbox, given: Submission) -> dict[str, Any] | Response:
    """The answer to a message, which is in the post by then, also when nobody hears the answer."""
    stored = accept(the_world(), mailbox, given)
    if mailbox.faults.take("cut_after_acceptance", "api", "send"):
        return cut()
    return labelled(stored)


def _find(mailbox: Mailbox, message_id: str) -> Stored:
    stored = mailbox.find(message_id)
    if stored is None:
        raise ApiRefused("notFound")
    return stored


def _form() -> tuple[str, list[str]]:
    return request.args.get("format", "full"), request.args.getlist("metadataHeaders")


def _labels(key: str) -> list[str]:
    names = _texts(key)
    for name in names:
        if name not in LABELS or name in _UNTOUCHABLE:
            raise ApiRefused("invalidArgument", f"Invalid label: {name}")
    return names


def _texts(key: str) -> list[str]:
    body = request.get_json(silent=True)
    values = body.get(key, []) if isinstance(body, dict) else None
    if not isinstance(values, list):
        raise ApiRefused("invalidArgument", "Invalid JSON payload received.")
    return [str(value) for value in values]


def _page_size() -> int:
    return max(1, min(_number("maxResults", 100), _MOST_LISTED))


def _number(name: str, default: int) -> int:
    given = request.args.get(name, "")
    if given and not given.isdigit():
        raise ApiRefused("invalidArgument", f"Invalid value at '{name}'")
    return int(given or default)
