"""What reading and classifying a message costs, against the library's parser alone on the same messages."""

import email
import time
from collections.abc import Callable
from pathlib import Path

from nimbus.providers.incoming.parse import parse
from nimbus.providers.incoming.reader import Reader
from nimbus.rules.classification import classify
from tests.bench.measure import alternate, report
from tests.mail.reading import matched, samples

TIMES = 7
HERE_LIMIT, CHILD_LIMIT = 12, 18  # of what `message_from_bytes` takes, which decodes and decides nothing


def run() -> bool:
    """Microseconds of CPU for each message: within one process, and by way of the child, its own CPU included."""
    mail = [sample.raw for sample in samples()]
    with Reader() as reader:

        def both() -> float:
            return time.process_time() + _cpu_of_child(reader)

        def floor() -> float:
            return _each(mail, email.message_from_bytes, time.process_time)

        def here() -> float:
            return _each(mail, lambda raw: classify(parse(raw), matched()), time.process_time)

        def there() -> float:
            return _each(mail, lambda raw: classify(reader.read(raw), matched()), both)

        reader.read(b"")
        kept = report("classification", *alternate(here, floor, times=TIMES), unit="us", limit=HERE_LIMIT)
        figures = alternate(there, floor, times=TIMES)
        return report("classification_in_child", *figures, unit="us", limit=CHILD_LIMIT) and kept


def _each(mail: list[bytes], read: Callable[[bytes], object], clock: Callable[[], float]) -> float:
    start = clock()
    for raw in mail:
        read(raw)
    return (clock() - start) / len(mail) * 1e6


def _cpu_of_child(reader: Reader) -> float:
    """Seconds; the kernel counts nanoseconds."""
    assert reader._child is not None
    spent = Path(f"/proc/{reader._child.pid}/schedstat").read_text(encoding="ascii").split()[0]
    return int(spent) / 1e9
