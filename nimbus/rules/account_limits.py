"""How many inboxes a workspace may have: a number that only warns, and one that refuses."""

from dataclasses import dataclass

SOFT_LIMIT = 1_000  # the specification's figure: from here on a warning, never a refusal
LARGEST_LIMIT = 1_000_000  # that can be set; only so that a slip of the finger is noticed

WAY_OUT = "Remove one that is no longer needed, or ask whoever runs this installation to raise the limit."


@dataclass(frozen=True, slots=True)
class Room:
    """How many inboxes are connected, and how many may be; None where nothing refuses another."""

    connected: int
    limit: int | None

    @property
    def is_full(self) -> bool:
        return self.limit is not None and self.connected >= self.limit

    @property
    def planned(self) -> int:
        """The number that the connected ones are compared with."""
        return SOFT_LIMIT if self.limit is None else self.limit


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said wherever an inbox can be added."""

    title: str
    sentence: str


def refusal(room: Room) -> str:
    """Why no other inbox can be added, and what to do."""
    return (
        f"{room.connected:,} of {room.planned:,} inboxes are connected, and no more can be added. {WAY_OUT}"
    )


def notice(room: Room) -> Notice | None:
    """A warning from the soft limit on, the refusal at the hard one; None while there is nothing to say."""
    if room.is_full:
        return Notice("No room for another inbox", refusal(room))
    if room.connected >= SOFT_LIMIT:
        sentence = (
            f"A workspace is planned for up to {SOFT_LIMIT:,}. You can connect more, nothing is refused; "
            "a second workspace keeps both easier to oversee."
        )
        return Notice(f"This workspace has {room.connected:,} inboxes", sentence)
    return None
