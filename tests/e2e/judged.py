"""Inboxes that have been judged, with what their pages then show: a line, a ladder, a hold, a clock that runs."""

from datetime import timedelta

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.models import HealthDay
from nimbus.services.review_due import review_workspace
from tests.factories import make_email_account, make_send
from tests.services.hearing import hear


def make_judged(workspace_id: int) -> dict[str, int]:
    """One that is well, one that cools down after refusals and a complaint, one that is held; their ids by that."""
    well = make_email_account(workspace_id, "wanda@try-acme.com")
    hear(workspace_id, well, "sent", "placed_inbox", times=20, stream="warmup")
    hear(workspace_id, well, "sent", times=90)
    cooling = make_email_account(workspace_id, "cy@try-acme.com", daily_send_limit=90, limit_mode="manual")
    for number in range(3):
        refused = make_send(workspace_id, cooling, state="failed", recipient=f"bob{number}@example.com")
        said = (
            "550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown in virtual mailbox table"
        )
        about = {"send_id": refused, "cause": f"send:{refused}", "detail": said}
        hear(workspace_id, cooling, "sent", "permanent", **about)
    hear(workspace_id, cooling, "sent", "complaint")
    held = make_email_account(workspace_id, "hedda@try-acme.com", current_stage=4, is_personal=True)
    hear(workspace_id, held, "sent", "permanent", times=6, ago=timedelta(hours=60))
    hear(workspace_id, held, "sent", times=94, ago=timedelta(hours=50))
    for account_id in (well, held):
        _remember(workspace_id, account_id, [62, 68, 75, None, 80, None, 84, 88, 90])
    review_workspace(workspace_id)
    return {"well": well, "cooling": cooling, "held": held}


def _remember(workspace_id: int, account_id: int, scores: list[int | None]) -> None:
    """How the days before today ended; None: nobody looked."""
    today = local_day(now(), "Europe/Paris")
    flags = {"was_held": True, "was_cooling": True, "was_domain_paused": False}
    with transaction() as session:
        session.add_all(
            HealthDay(
                workspace_id=workspace_id,
                account_id=account_id,
                day=today - timedelta(days=ago),
                score=score,
                reputation=score,
                stage=3,
                limit=20,
                **flags,
            )
            for ago, score in enumerate(reversed(scores), 1)
            if score is not None
        )
