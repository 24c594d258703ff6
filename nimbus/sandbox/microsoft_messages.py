"""Reading messages, and the little that may be changed of them: whether they are read, and where they lie."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from nimbus.sandbox.microsoft_drafts import rewrite
from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_folders import contents, find_folder, put
from nimbus.sandbox.microsoft_graph import needs, part, the_call
from nimbus.sandbox.microsoft_query import newest_first, read_filter, whole_number
from nimbus.sandbox.microsoft_shapes import find_item, shape

messages = part("messages")
PAGE = 10  # what a page holds when nobody says
_DRAFT_PROPERTIES = {"subject", "body", "toRecipients", "ccRecipients", "bccRecipients"}


@messages.get("/me/messages")
@messages.get("/me/mailFolders/<folder>/messages")
@needs("Mail.Read", "Mail.ReadWrite")
def list_messages(folder: str = "") -> ResponseReturnValue:
    """A page of messages, the newest first unless ordered otherwise."""
    call = the_call()
    name = find_folder(call.mailbox, folder) if folder else ""
    filtered, test = read_filter(request.args.get("$filter", ""))
    backwards = newest_first(request.args.get("$orderby", ""), filtered)
    top, skip = whole_number(request.args.get("$top"), PAGE), whole_number(request.args.get("$skip"), 0)
    with call.world.lock:
        found = [stored for stored in contents(call.mailbox, name) if test(stored)]
        if not backwards:
            found.reverse()
        values = [shape(call, stored, request.args.get("$select", "")) for stored in found[skip : skip + top]]
    page: dict[str, Any] = {"@odata.context": f"{request.base_url}/$metadata", "value": values}
    if skip + top < len(found):
        after = request.args.to_dict() | {"$top": str(top), "$skip": str(skip + top)}
        page["@odata.nextLink"] = f"{request.base_url}?{urlencode(after)}"
    return jsonify(page)


@messages.get("/me/messages/<identity>")
@messages.get("/me/mailFolders/<folder>/messages/<identity>")
@needs("Mail.Read", "Mail.ReadWrite")
def get_message(identity: str, folder: str = "") -> ResponseReturnValue:
    """One message."""
    call = the_call()
    if folder:
        find_folder(call.mailbox, folder)
    with call.world.lock:
        return jsonify(shape(call, find_item(call, identity), request.args.get("$select", "")))


@messages.get("/me/messages/<identity>/$value")
@needs("Mail.Read", "Mail.ReadWrite")
def get_source(identity: str) -> ResponseReturnValue:
    """One message as it travelled."""
    call = the_call()
    with call.world.lock:
        return Response(find_item(call, identity).raw, content_type="text/plain")


@messages.patch("/me/messages/<identity>")
@needs("Mail.ReadWrite")
def change_message(identity: str) -> ResponseReturnValue:
    """Mark as read or unread; a draft can be rewritten too."""
    call, wishes = the_call(), json_body()
    with call.world.lock:
        stored = find_item(call, identity)
        allowed = {"isRead"} | (_DRAFT_PROPERTIES if "DRAFT" in stored.labels else set())
        if not isinstance(wishes.get("isRead", True), bool) or not wishes.keys() <= allowed:
            raise GraphRefused("RequestBodyRead")
        if "isRead" in wishes:
            change = {"remove": {"UNREAD"}} if wishes["isRead"] else {"add": {"UNREAD"}}
            call.mailbox.relabel(stored, **change)
        if wishes.keys() - {"isRead"}:
            rewrite(stored, wishes)
        return jsonify(shape(call, stored))


@messages.post("/me/messages/<identity>/move")
@needs("Mail.ReadWrite")
def move_message(identity: str) -> ResponseReturnValue:
    """Put a message into another folder: it is answered as the new one, by its new id unless that is immutable."""
    call, destination = the_call(), json_body().get("destinationId")
    if not isinstance(destination, str):
        raise GraphRefused("RequestBodyRead")
    with call.world.lock:
        stored = find_item(call, identity)
        put(call.mailbox, stored, find_folder(call.mailbox, destination))
        return jsonify(shape(call, stored)), 201


def json_body() -> dict[str, Any]:
    """The object in the request's body; refused when there is none."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise GraphRefused("RequestBodyRead")
    return body
