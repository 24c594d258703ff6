"""Our own samples of what comes back, and the corpora that lie beside the checkout, with what each of them is."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from nimbus.providers.incoming.parse import parse
from nimbus.rules.classification import classify
from nimbus.rules.mail_verdict import Matched, NamedBy, SentMail, Verdict

SAMPLES = Path(__file__).parent / "samples"
CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
RECEIVED_AT = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


class Sample(NamedTuple):
    """A message and what it is; `recipients` with blanks between them."""

    file: str
    kind: str
    reply_class: str
    recipients: str
    category: str
    back_on: str

    @property
    def raw(self) -> bytes:
        return (SAMPLES / self.file).read_bytes()


def samples() -> list[Sample]:
    with (SAMPLES.parent / "expected.tsv").open(encoding="utf-8", newline="") as file:
        return [Sample(*row) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)][1:]


def matched(recipient: str = "", named_by: NamedBy = NamedBy.MESSAGE_ID) -> Matched:
    """As though the message of ours that a sample is about had left three hours before."""
    sent = SentMail(recipient=recipient, sent_at=RECEIVED_AT - timedelta(hours=3), named_by=named_by)
    return Matched(received_at=RECEIVED_AT, sent=sent)


def verdict_of(raw: bytes, recipient: str = "") -> Verdict:
    return classify(parse(raw), matched(recipient))


def corpus(name: str) -> Path:
    if not (CORPORA / name).exists():
        pytest.skip(f"The corpus {name} is not beside this checkout.")
    return CORPORA / name


def rows(folder: Path) -> Iterator[list[str]]:
    """The labels of a corpus without their headline."""
    with (folder / "labels.tsv").open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(lines)
        yield from lines


def old_bounces() -> Iterator[tuple[bytes, frozenset[str]]]:
    """The bounces of the corpus that name somebody, each with whom it names."""
    folder, named = corpus("flufl-bounce"), dict[str, set[str]]()
    for file, _, _, recipients, _ in rows(folder):
        named.setdefault(file, set()).update(recipients.lower().replace(",", " ").replace(";", " ").split())
    for file, recipients in named.items():
        if recipients:
            yield (folder / file).read_bytes(), frozenset(recipients)


def all_mail() -> list[bytes]:
    """Every message at hand, ours first; of the corpora what there is of them."""
    found = [sample.raw for sample in samples()]
    for pattern in ("flufl-bounce/data/*.txt", "mikel-mail/emails/**/*.eml"):
        found += [path.read_bytes() for path in sorted(CORPORA.glob(pattern))]
    return found
