"""How some mail fared: what was sent, what came back, and what is known to have arrived."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from nimbus.rules.reply_classes import ANSWERS, ReplyClass
from nimbus.rules.send_answer_kinds import Category

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Messages that left or were refused for good. One counts once in each class that was heard of it.

    heard: messages by what came back about them; in_doubt: of which nobody knows whether they left.
    """

    sent: int = 0
    in_doubt: int = 0
    bounced: Mapping[Category, int] = field(default_factory=dict)
    heard: Mapping[ReplyClass, int] = field(default_factory=dict)

    @property
    def bounces(self) -> int:
        """All that was refused for good or came back."""
        return sum(self.bounced.values())

    @property
    def delivered(self) -> int:
        """As far as is known: no doubt about it, and nothing came back."""
        return max(0, self.sent - self.in_doubt - self.bounces)

    @property
    def complaints(self) -> int:
        """Messages that somebody complained about."""
        return self.heard.get(ReplyClass.COMPLAINT, 0)

    @property
    def answers(self) -> int:
        """What people answered, whatever they said; an answer to stop is one."""
        return sum(count for each, count in self.heard.items() if each in ANSWERS | {ReplyClass.UNSUBSCRIBE})

    def __add__(self, other: "MailFigures") -> "MailFigures":
        return MailFigures(
            self.sent + other.sent,
            self.in_doubt + other.in_doubt,
            _sum(self.bounced, other.bounced),
            _sum(self.heard, other.heard),
        )


def _sum(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}
