"""What a check of a sending domain says: a verdict, a sentence, what was expected, what was found, what to paste."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """Four ends of a check. Unknown is no failure: it takes no points, and never pauses."""

    PASS = "pass"  # noqa: S105 - a verdict's name
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Check(StrEnum):
    """What is checked of a sending domain, in the order of its page."""

    MX = "mx"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    ALIGNMENT = "alignment"
    PTR = "ptr"
    LISTS = "lists"


class Record(NamedTuple):
    """A record to publish."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check's end. `code` is stable for programs; `found` are texts that others wrote.

    `applies` is false where there is nothing to check, as with PTR without a mail server of one's own. `is_temporary`
    says that only the name servers' silence made it unknown, so that the last verdict still stands for a while.
    """

    check: Check
    verdict: Verdict
    code: str
    sentence: str
    expected: str = ""
    found: Sequence[str] = field(default=())
    paste: Record | None = None
    applies: bool = True
    is_temporary: bool = False


def silent(check: Check, expected: str = "") -> CheckResult:
    """What is said where the name servers did not answer."""
    sentence = "The name servers did not answer, so this is not known now"
    return CheckResult(
        check=check,
        verdict=Verdict.UNKNOWN,
        code="no_answer",
        sentence=sentence,
        expected=expected,
        is_temporary=True,
    )
