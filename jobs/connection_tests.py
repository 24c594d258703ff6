"""Jobs about connection tests."""

from nimbus.services import verify_connection


def verify(workspace_id: int, test_id: int) -> None:
    verify_connection.run(workspace_id, test_id)
