"""What reading and classifying a message costs, against the library's parser alone on the same messages."""

import email
import time
from collections.abc import Callable

from nimbus.providers.incoming.parse import parse
from nimbus.providers.incoming.reader import Reader
from nimbus.rules.classification import classify
from tests.bench.measure import alternate, report
from tests.mail.reading import matched, samples

TIMES = 7
READING_LIMIT, CHILD_LIMIT = 12, 18  # of what `message_from_bytes` takes, which decodes and decides nothing


def run() -> bool:
    """Microseconds for each message: of CPU within one process, and of wall time through the child and back."""
    mail = [sample.raw for sample in samples()]
    with Reader() as reader:

        def floor() -> float:
            return _each(mail, email.message_from_bytes, time.process_time)

        def bare() -> float:
            return _each(mail, email.message_from_bytes, time.perf_counter)

        def read_here() -> float:
            return _each(mail, lambda raw: classify(parse(raw), matched()), time.process_time)

        def read_there() -> float:
            return _each(mail, lambda raw: classify(reader.read(raw), matched()), time.perf_counter)

        here = report(
            "classification", *alternate(read_here, floor, times=TIMES), unit="us", limit=READING_LIMIT
        )
        there = report(
            "classification_in_child", *alternate(read_there, bare, times=TIMES), unit="us", limit=CHILD_LIMIT
        )
    return here and there


def _each(mail: list[bytes], read: Callable[[bytes], object], clock: Callable[[], float]) -> float:
    start = clock()
    for raw in mail:
        read(raw)
    return (clock() - start) / len(mail) * 1e6
