"""Jobs about what comes back to inboxes."""

from nimbus.services import sync_mailboxes


def due() -> None:
    sync_mailboxes.sync_due()


def one(workspace_id: int, account_id: int) -> None:
    sync_mailboxes.sync_one(workspace_id, account_id)
