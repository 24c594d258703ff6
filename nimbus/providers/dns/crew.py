"""Driving many checks at once: twenty look-ups wait together, and each answer is asked for once."""

import heapq
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, Self, TypeVar

from nimbus.providers.dns.memory import Memory, Pace
from nimbus.rules.dns_answers import Answer, Asking, Question

AT_ONCE = 20  # look-ups of one worker
_CHECKS_AT_ONCE = 40  # begun and not ended: enough that all look-ups are always busy

log = logging.getLogger(__name__)

Key = TypeVar("Key")
Result = TypeVar("Result")


@dataclass(slots=True)
class _Check(Generic[Key, Result]):
    """A check under way, and the answers that it waits for."""

    key: Key
    asking: Asking[Result]
    answers: list[Answer | None] = field(default_factory=list)
    missing: int = 0


_Place = tuple[_Check[Any, Any], int]


class Crew:
    """Twenty threads that ask, and one that decides. Use as a context manager; its memory outlives a run."""

    def __init__(self, ask: Callable[[Question], Answer], memory: Memory, pace: Pace) -> None:
        self.ask, self.memory, self.pace = ask, memory, pace
        self._asked: SimpleQueue[Question | None] = SimpleQueue()
        self._answered: SimpleQueue[tuple[Question, Answer]] = SimpleQueue()
        self._ready: deque[Question] = deque()
        self._later: list[tuple[float, Question]] = []
        self._waiting: dict[Question, list[_Place]] = {}
        self._busy = 0

    def __enter__(self) -> Self:
        for number in range(AT_ONCE):
            Thread(target=self._work, name=f"look-up {number}", daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        for _ in range(AT_ONCE):
            self._asked.put(None)

    def run(self, checks: Iterable[tuple[Key, Asking[Result]]]) -> Iterator[tuple[Key, Result | None]]:
        """The results, as each is complete; None for a check that broke. `checks` is read as there is room."""
        coming, running = iter(checks), 0
        done: list[tuple[Key, Result | None]] = []
        while True:
            while running < _CHECKS_AT_ONCE and (following := next(coming, None)) is not None:
                running += 1
                self._advance(_Check(*following), None, done)
            if done:
                running -= len(done)
                yield from done
                done = []
                continue  # there is room again
            if not running:
                return
            self._submit()
            for question, answer in self._receive():
                self.memory.keep(question, answer)
                for check, at in self._waiting.pop(question):
                    self._fill(check, at, answer, done)

    def _advance(self, check: _Check[Any, Any], answers: tuple[Answer, ...] | None, done: list[Any]) -> None:
        """Let a check go on until it waits for an answer, or is done."""
        while True:
            try:
                questions = check.asking.send(answers)  # type: ignore[arg-type]
            except StopIteration as end:
                done.append((check.key, end.value))
                return
            except Exception:  # what one domain publishes must not end the checks of all others
                log.exception("The check of a domain broke")
                done.append((check.key, None))
                return
            found = [self.memory.find(question) for question in questions]
            check.answers, check.missing = found, sum(answer is None for answer in found)
            for at, (question, answer) in enumerate(zip(questions, found, strict=True)):
                if answer is None:
                    self._want(question, (check, at))
            if check.missing:
                return
            answers = tuple(answer for answer in found if answer is not None)

    def _want(self, question: Question, place: _Place) -> None:
        if question not in self._waiting:
            self._ready.append(question)
        self._waiting.setdefault(question, []).append(place)

    def _fill(self, check: _Check[Any, Any], at: int, answer: Answer, done: list[Any]) -> None:
        check.answers[at] = answer
        check.missing -= 1
        if not check.missing:
            self._advance(check, tuple(each for each in check.answers if each is not None), done)

    def _submit(self) -> None:
        """Hand out what may be asked now; what has to wait for its turn comes again."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self._ready.appendleft(heapq.heappop(self._later)[1])
        while self._ready and self._busy < AT_ONCE:
            question = self._ready.popleft()
            seconds = self.pace.wait(question)
            if seconds > 0:
                heapq.heappush(self._later, (now + seconds, question))
                continue
            self._busy += 1
            self._asked.put(question)

    def _receive(self) -> list[tuple[Question, Answer]]:
        """Wait for an answer, or for the next turn; and take what else has come meanwhile."""
        wait = self._later[0][0] - time.monotonic() if self._later and self._busy < AT_ONCE else None
        received: list[tuple[Question, Answer]] = []
        try:
            received.append(self._answered.get(timeout=None if wait is None else max(wait, 0.001)))
            while True:
                received.append(self._answered.get_nowait())
        except Empty:
            pass
        self._busy -= len(received)
        return received

    def _work(self) -> None:
        while (question := self._asked.get()) is not None:
            self._answered.put((question, self.ask(question)))
