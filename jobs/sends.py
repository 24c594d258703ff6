"""Jobs about messages on their way out."""

from nimbus.services import send_messages, sent_copies


def serve(workspace_id: int, account_id: int) -> None:
    send_messages.serve_inbox(workspace_id, account_id)


def look(workspace_id: int, send_id: int) -> None:
    sent_copies.look_for(workspace_id, send_id)


def keep_copies(workspace_id: int, account_id: int) -> None:
    sent_copies.keep_copies(workspace_id, account_id)
