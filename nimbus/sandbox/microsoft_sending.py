"""Sending through Graph: as MIME or JSON, as an answer, and by way of drafts."""

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from nimbus.sandbox.messages import read_headers, with_header
from nimbus.sandbox.microsoft_drafts import compose
from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_graph import needs, part, the_call
from nimbus.sandbox.microsoft_mail import read_mime, send
from nimbus.sandbox.microsoft_messages import json_body
from nimbus.sandbox.microsoft_shapes import find_item, shape
from nimbus.sandbox.world import Stored

sending = part("sending")


@sending.post("/me/sendMail")
@needs("Mail.Send")
def send_mail() -> ResponseReturnValue:
    """Send a message: 202 and no word about what became of it, not even its id."""
    if request.mimetype == "text/plain":
        return send(the_call(), read_mime())
    wishes = json_body()
    message, saves = wishes.get("message"), wishes.get("saveToSentItems", True)
    if not isinstance(message, dict) or not isinstance(saves, bool):
        raise GraphRefused("RequestBodyRead")
    return send(the_call(), compose(the_call(), message), saves=saves)


@sending.post("/me/messages/<identity>/reply")
@needs("Mail.Send")
def send_reply(identity: str) -> ResponseReturnValue:
    """Answer a message of this mailbox: with a comment, with a message of one's own, or as MIME."""
    call = the_call()
    with call.world.lock:
        answered = find_item(call, identity)
    if request.mimetype == "text/plain":
        return send(call, _following(read_mime(), answered))
    return send(call, compose(call, _answer(), answered))


@sending.post("/me/messages/<identity>/createReply")
@needs("Mail.ReadWrite")
def create_reply(identity: str) -> ResponseReturnValue:
    """A draft that answers a message, to be changed and sent."""
    call, wishes = the_call(), _answer() if request.get_data() else {}
    with call.world.lock:
        raw = compose(call, wishes, find_item(call, identity))
        return jsonify(shape(call, call.mailbox.store(raw, {"DRAFT"}))), 201


@sending.post("/me/messages/<identity>/send")
@needs("Mail.Send")
def send_draft(identity: str) -> ResponseReturnValue:
    """Send a draft: it is gone by its id, and the copy among the sent has another."""
    call = the_call()
    with call.world.lock:
        draft = find_item(call, identity)
        if "DRAFT" not in draft.labels:
            raise GraphRefused("ErrorInvalidOperation", "The message is not a draft.")
        answer = send(call, draft.raw)
        call.mailbox.discard(draft)
    return answer


def _answer() -> dict[str, Any]:
    """What is to be answered: `comment` or `message`, and not both bodies."""
    wishes = json_body()
    message, comment = wishes.get("message", {}), wishes.get("comment")
    if not isinstance(message, dict) or (comment is not None and "body" in message):
        raise GraphRefused("BadRequest", "A comment and a message body cannot be given together.")
    return message if comment is None else message | {"body": {"contentType": "text", "content": comment}}


def _following(raw: bytes, answered: Stored) -> bytes:
    """The MIME of an answer, with the header that Exchange adds where it is missing."""
    if "In-Reply-To" in read_headers(raw):
        return raw
    return with_header(raw, "In-Reply-To", answered.message_id)
