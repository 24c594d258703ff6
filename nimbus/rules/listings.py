"""Asking the blocklists about a domain, and when a listing is believed: two look-ups apart, both ways."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nimbus.rules.blocklists import (
    BY_KEY,
    Blocklist,
    Severity,
    Subject,
    can_be_believed,
    controls_of,
    meanings,
    question_about,
    worst,
)
from nimbus.rules.dns_answers import Asking
from nimbus.rules.verdicts import Check, CheckResult, Verdict

CONFIRMED_AFTER = timedelta(minutes=10)
CLEAN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What a list said of a subject now. `is_listed` is None where it said nothing that can be believed."""

    list_key: str
    subject: str
    is_listed: bool | None
    severity: Severity = Severity.INFO
    words: str = ""
    raw: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A listing over time. It is `confirmed_at` the second look-up, and `cleared_at` the second clean one."""

    list_key: str
    subject: str
    severity: Severity
    words: str
    raw: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    confirmed_at: datetime | None = None
    clean_since: datetime | None = None
    cleared_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it counts: for points from the first look-up on, for a pause only once it is confirmed."""
        return self.cleared_at is None

    @property
    def is_undecided(self) -> bool:
        """Whether it will pause, should it be seen once more."""
        return self.is_open and self.severity is Severity.CRITICAL and self.confirmed_at is None


def ask_lists(
    lists: Sequence[Blocklist], domain: str, addresses: Sequence[str]
) -> Asking[tuple[LookedUp, ...]]:
    """Ask each list for its control entries and for what it is about; a list that fails its test says nothing."""
    asked = [(each, subject) for each in lists for subject in _subjects(each, domain, addresses)]
    questions = [
        question
        for blocklist, subject in asked
        for question in (*controls_of(blocklist), question_about(blocklist, subject))
    ]
    answers = yield tuple(questions)
    found = []
    for at, (blocklist, subject) in enumerate(asked):
        listed, never, answer = answers[3 * at : 3 * at + 3]
        said = meanings(blocklist, answer) if can_be_believed(blocklist, listed, never) else None
        looked = LookedUp(
            list_key=blocklist.key,
            subject=subject,
            is_listed=None if said is None else bool(said),
            raw=answer.records,
        )
        if said:
            looked = replace(looked, severity=worst(said).severity, words=worst(said).words)
        found.append(looked)
    return tuple(found)


def _subjects(blocklist: Blocklist, domain: str, addresses: Sequence[str]) -> Sequence[str]:
    return [domain] if blocklist.subject is Subject.DOMAIN else addresses


def advance(listing: Listing | None, looked: LookedUp, now: datetime) -> Listing | None:
    """The listing after one more look-up; one that says nothing changes nothing."""
    if looked.is_listed is None:
        return listing
    if not looked.is_listed:
        return _clean(listing, now) if listing is not None else None
    if listing is None or not listing.is_open:
        return Listing(
            list_key=looked.list_key,
            subject=looked.subject,
            severity=looked.severity,
            words=looked.words,
            raw=looked.raw,
            first_at=now,
            last_at=now,
        )
    is_sure = now - listing.first_at >= CONFIRMED_AFTER
    return replace(
        listing,
        severity=looked.severity,
        words=looked.words,
        raw=looked.raw,
        last_at=now,
        confirmed_at=listing.confirmed_at or (now if is_sure else None),
        clean_since=None,
    )


def _clean(listing: Listing, now: datetime) -> Listing:
    if not listing.is_open:
        return listing
    if listing.confirmed_at is None:
        return replace(listing, cleared_at=now)
    since = listing.clean_since or now
    return replace(listing, clean_since=since, cleared_at=now if now - since >= CLEAN_AFTER else None)


def judge_lists(looked: Sequence[LookedUp], listings: Sequence[Listing]) -> CheckResult:
    """The verdict over all lists: a listing of high severity or worse fails, a lesser one warns."""
    listed = sorted((each for each in listings if each.is_open), key=lambda each: -each.severity)
    silent = sorted({BY_KEY[each.list_key].name for each in looked if each.is_listed is None})
    told = tuple(f"{BY_KEY[each.list_key].name}: {each.subject} is {each.words}" for each in listed)
    texts = told + _complaints(looked)
    if listed and listed[0].severity > Severity.INFO:
        verdict = Verdict.FAIL if listed[0].severity >= Severity.HIGH else Verdict.WARN
        return _said(
            verdict,
            f"listed_{listed[0].severity.word}",
            f"Listed on {BY_KEY[listed[0].list_key].name}",
            texts,
        )
    if looked and all(each.is_listed is None for each in looked):
        return _said(Verdict.UNKNOWN, "no_answer", "No blocklist gave an answer that can be believed", texts)
    if not looked:
        return _said(Verdict.UNKNOWN, "switched_off", "All blocklists are switched off", texts)
    sentence = told[0] if told else "On none of the blocklists"
    if silent:
        sentence += f"; no answer from {', '.join(silent)}"
    return _said(Verdict.PASS, "clean", sentence, texts)


def _complaints(looked: Sequence[LookedUp]) -> tuple[str, ...]:
    """What came from lists that said nothing of the subject, as it came: it tells the operator what they object to."""
    return tuple(
        f"{BY_KEY[each.list_key].name}: its answer about {each.subject} cannot be believed ({', '.join(each.raw)})"
        for each in looked
        if each.is_listed is None and each.raw
    )


def _said(verdict: Verdict, code: str, sentence: str, found: tuple[str, ...]) -> CheckResult:
    return CheckResult(
        check=Check.LISTS,
        verdict=verdict,
        code=code,
        sentence=sentence,
        expected="No listing",
        found=found,
        is_temporary=code == "no_answer",
    )
