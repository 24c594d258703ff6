"""People who appear in many tests: Alice owns Acme; Adam, Bob and Vera are its admin, operator and viewer; Charlie belongs to somebody else."""

from dataclasses import dataclass

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
