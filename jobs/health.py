"""Jobs about the health of inboxes."""

from nimbus.services import review_due as due


def review(workspace_id: int) -> None:
    due.review_workspace(workspace_id)


def review_due() -> None:
    due.ring_for_due()
