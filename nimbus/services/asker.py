"""Who asks a service for something."""

from dataclasses import dataclass

from nimbus.rules.roles import Role


@dataclass(frozen=True, slots=True)
class Asker:
    """One person in one workspace, with the role they have there, and the address their browser came from."""

    workspace_id: int
    user_id: int
    name: str
    role: Role
    address: str
