"""Jobs about campaigns."""

from nimbus.services import campaign_upkeep, run_batch


def run(workspace_id: int, campaign_id: int) -> None:
    run_batch.run_batch(workspace_id, campaign_id)


def run_due() -> None:
    campaign_upkeep.ring_due_batches()
