"""People who appear in many tests: Alice owns Acme, Bob works there, Charlie belongs to somebody else."""

from dataclasses import dataclass

from nimbus.services.set_up import create_user

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Person:
    workspace_id: int
    user_id: int
    email: str
    name: str


@dataclass(frozen=True)
class Cast:
    people: dict[str, Person]

    @property
    def alice(self) -> Person:
        return self.people["alice"]

    @property
    def charlie(self) -> Person:
        return self.people["charlie"]


def make_cast() -> Cast:
    people = {}
    for name, workspace in (("Alice", "Acme"), ("Bob", "Acme"), ("Charlie", "Zenith")):
        email = f"{name.lower()}@example.com"
        ids = create_user(
            workspace=workspace, name=name, email=email, password=PASSWORD, timezone="Europe/Paris"
        )
        people[name.lower()] = Person(*ids, email, name)
    return Cast(people)
