"""Whether a domain's mail can be signed with a key that receivers accept. Selectors cannot be listed, only tried."""

from collections.abc import Sequence
from dataclasses import dataclass

from nimbus.rules.dkim_key import DkimKey, KeyProblem, read_key
from nimbus.rules.dns_answers import Asking, Kind, Question
from nimbus.rules.verdicts import Check, CheckResult, Verdict, silent

STRONG_BITS = 2048
LEAST_BITS = 1024  # Gmail refuses less
_PROBLEMS = {
    KeyProblem.REVOKED: "was revoked: its record is empty",
    KeyProblem.UNREADABLE: "cannot be read",
    KeyProblem.OTHER_USE: "is not meant for mail",
}


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key at a selector."""

    selector: str
    key: DkimKey

    @property
    def verdict(self) -> Verdict:
        """By strength: 1024 bits are taken, 2048 are right. Ed25519 is as strong as any."""
        if self.key.problem is not None or (self.key.kind == "rsa" and self.key.bits < LEAST_BITS):
            return Verdict.FAIL
        is_strong = self.key.kind != "rsa" or self.key.bits >= STRONG_BITS
        return Verdict.PASS if is_strong and not self.key.is_test else Verdict.WARN

    @property
    def text(self) -> str:
        """For the page: "google: RSA, 2048 bits"."""
        if self.key.problem is not None:
            return f"{self.selector}: {self.key.problem.value}"
        kind = "Ed25519" if self.key.kind == "ed25519" else f"RSA, {self.key.bits} bits"
        return f"{self.selector}: {kind}{', in test mode' if self.key.is_test else ''}"


@dataclass(frozen=True, slots=True)
class DkimFindings:
    """The verdict, and the selectors at which a key was found, to be tried first from then on."""

    result: CheckResult
    selectors: tuple[str, ...]


def check_dkim(domain: str, selectors: Sequence[str], observed: Sequence[str]) -> Asking[DkimFindings]:
    """Ask for the key of each selector. `observed` ones stood on the domain's own mail, the others are guesses."""
    names = [f"{selector}._domainkey.{domain}" for selector in selectors]
    answers = yield tuple(Question(name, Kind.TXT) for name in names)
    found: list[FoundKey] = []
    silences: set[str] = set()
    for selector, answer in zip(selectors, answers, strict=True):
        if answer.is_unknown:
            silences.add(selector)
        keys = [key for record in answer.records if (key := read_key(record)) is not None]
        found += [FoundKey(selector, key) for key in keys[:1]]
    result = _judge(found, silences, observed)
    return DkimFindings(result, tuple(each.selector for each in found))


_EXPECTED = f"A key of {STRONG_BITS} bits or more, published at the selector that signs the mail"
_BEST_FIRST = (Verdict.PASS, Verdict.WARN, Verdict.FAIL)


def _judge(found: list[FoundKey], silences: set[str], observed: Sequence[str]) -> CheckResult:
    """What signs the mail decides, where it is known; else the best key that was found."""
    used = [each for each in found if each.selector in observed]
    best = min(used or found, key=lambda each: _BEST_FIRST.index(each.verdict), default=None)
    texts = tuple(each.text for each in found)
    if best is not None and (best.verdict is not Verdict.FAIL or not silences):
        return _said(best.verdict, *_words(best), texts)
    if silences:
        return silent(Check.DKIM, _EXPECTED)
    if observed:
        sentence = f"Mail is signed with “{observed[0]}”, and there is no such key in DNS"
        return _said(Verdict.FAIL, "not_published", sentence, texts)
    sentence = "No key at the usual selectors; whether mail is signed is known once a message was seen"
    return _said(Verdict.UNKNOWN, "not_found", sentence, texts)


def _words(best: FoundKey) -> tuple[str, str]:
    key, name = best.key, f"The key at “{best.selector}”"
    if key.problem is not None:
        return key.problem.value, f"{name} {_PROBLEMS[key.problem]}"
    if best.verdict is Verdict.FAIL:
        return "weak", f"{name} has {key.bits} bits, and Gmail refuses less than {LEAST_BITS}"
    if key.is_test:
        return "test_mode", f"{name} is in test mode (t=y), so receivers may treat its mail as unsigned"
    if best.verdict is Verdict.WARN:
        return "short", f"{name} has {key.bits} bits; {STRONG_BITS} are usual today"
    return "found", f"{name} is strong enough"


def _said(verdict: Verdict, code: str, sentence: str, found: tuple[str, ...]) -> CheckResult:
    return CheckResult(
        check=Check.DKIM, verdict=verdict, code=code, sentence=sentence, expected=_EXPECTED, found=found
    )
