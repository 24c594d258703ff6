"""A conversation of a workspace, for the addresses about it: an answer with HTML, which somebody corrected."""

from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.models import Incoming, Thread


def fill_replies(
    session: Session, workspace_id: int, name: str, account_id: int, *, message_id: int
) -> dict[str, object]:
    """The workspace's name stands in each text; gives what addresses call them."""
    own, moment = f"{name}-own", now()
    mine = {"workspace_id": workspace_id, "account_id": account_id}
    thread = Thread(
        **mine,
        address=f"zoe@{own}.test",
        subject=f"About {own}",
        last_at=moment,
        last_id=0,
        reply_class="interested",
    )
    session.add(thread)
    session.flush()
    came = Incoming(
        **mine,
        role="inbox",
        remote_key=f"inbox:1:{own}",
        identity=own,
        message_id=f"<zoe@{own}.test>",
        sender=f"zoe@{own}.test",
        subject=f"Re: About {own}",
        received_at=moment,
        fetched_at=moment,
        size=7,
        state="parsed",
        kind="reply",
        reply_class="interested",
        counts=True,
        evidence=[["Words", own]],
        send_id=message_id,
        text=f"Yes, {own}.",
        html=f"<p>Yes, {own}.</p>",
        reply_text=f"Yes, {own}.",
        thread_id=thread.id,
        corrections=[[moment.isoformat(), own, "other", "interested"]],
    )
    session.add(came)
    session.flush()
    thread.last_id = came.id
    return {"thread_id": thread.id, "incoming_id": came.id}
