"""Jobs about the keys of workspaces."""

from nimbus.services import reseal_secrets, rotate_keys


def rotate(workspace_id: int, rotation_id: int) -> None:
    reseal_secrets.run(workspace_id, rotation_id)


def rotate_due() -> None:
    rotate_keys.rotate_due()
