"""Jobs about contacts."""

from nimbus.services import import_contacts


def import_file(workspace_id: int, import_id: int) -> None:
    import_contacts.run(workspace_id, import_id)
