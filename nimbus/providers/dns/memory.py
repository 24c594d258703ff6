"""What one process remembers of DNS: answers for as long as they may be kept, and how fast it may ask whom."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from nimbus.rules.blocklists import list_of
from nimbus.rules.dns_answers import Answer, Question

_MOST = 50_000  # answers
_SHORTEST_TTL = 5  # seconds: within one check a question is never put twice


@dataclass(slots=True)
class Memory:
    """Answers by their question. `clock` gives seconds that never go back."""

    clock: Callable[[], float]
    kept: OrderedDict[Question, tuple[Answer, float]] = field(default_factory=OrderedDict)

    def find(self, question: Question) -> Answer | None:
        """The answer, unless its time is over."""
        answer, until = self.kept.get(question, (None, 0.0))
        return answer if until > self.clock() else None

    def keep(self, question: Question, answer: Answer) -> None:
        """Remember an answer; the oldest make room."""
        self.kept[question] = answer, self.clock() + max(answer.ttl, _SHORTEST_TTL)
        self.kept.move_to_end(question)
        while len(self.kept) > _MOST:
            self.kept.popitem(last=False)

    def forget(self) -> None:
        """Ask everything anew: somebody has just changed a record and wants to see it."""
        self.kept.clear()


@dataclass(slots=True)
class Pace:
    """How many questions a second each list, and the name servers as a whole, are asked."""

    clock: Callable[[], float]
    per_list: float = 10.0
    in_all: float = 200.0
    next_at: dict[str, float] = field(default_factory=dict)

    def wait(self, question: Question) -> float:
        """Seconds until this question may be put: at 0 its turn is taken, else it has to come again."""
        blocklist = list_of(question)
        turns = {"": self.in_all} | ({blocklist.key: self.per_list} if blocklist else {})
        now = self.clock()
        longest = max(self.next_at.get(name, 0.0) - now for name in turns)
        if longest > 0:
            return longest
        for name, rate in turns.items():
            self.next_at[name] = now + 1 / rate
        return 0.0
