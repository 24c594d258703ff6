"""Finding a domain's DMARC policy and its organisational domain by walking up the tree (RFC 9989), and judging it."""

from dataclasses import dataclass

from nimbus.rules.dmarc_record import DmarcRecord, Policy, improved, is_dmarc, parse_dmarc
from nimbus.rules.dns_answers import Answer, Asking, Kind, Question, is_below
from nimbus.rules.verdicts import Check, CheckResult, Record, Verdict, silent

_DEEPEST = 8  # labels; of a longer name only the last seven are asked, beside the name itself
_SHORTENED = 7
_REPORTS_LOOKED_AT = 5
_REPLACED = {"none", "two_records", "syntax"}
_IMPROVED = {"no_policy", "policy_none", "test_mode", "no_reports"}
EXPECTED = "v=DMARC1; p=quarantine; rua=mailto:dmarc@{domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcWalk:
    """What stands on the way from a domain to the top. `doubled` has the domain's own records where there are several."""

    domain: str
    records: tuple[DmarcRecord, ...] = ()  # nearest first
    doubled: tuple[str, ...] = ()
    is_partial: bool = False

    @property
    def record(self) -> DmarcRecord | None:
        """The record whose policy counts: the domain's own, else that of its organisational domain."""
        own = next((record for record in self.records if record.name == self.domain), None)
        organisation = self.organisation
        above = next((record for record in self.records if record.name == organisation), None)
        return own or above or next((record for record in self.records if record.psd == "y"), None)

    @property
    def organisation(self) -> str:
        """The organisational domain: where a record says so, else the topmost that has a record, else the domain."""
        for record in self.records:
            if record.psd == "n":
                return record.name
            if record.psd == "y" and record.name != self.domain:
                return _below(self.domain, record.name)
        return self.records[-1].name if self.records else self.domain


def walked_names(domain: str) -> list[str]:
    """The names whose records count, from the domain itself up to its last label; never more than eight."""
    labels = domain.split(".")
    start = 1 if len(labels) <= _DEEPEST else len(labels) - _SHORTENED
    return [domain, *(".".join(labels[at:]) for at in range(start, len(labels)))]


def walk_dmarc(domain: str) -> Asking[DmarcWalk]:
    """Ask all names of the way at once: there are at most eight, and most of them are in a resolver's cache."""
    names = walked_names(domain)
    answers = yield tuple(Question(f"_dmarc.{name}", Kind.TXT) for name in names)
    records: list[DmarcRecord] = []
    is_partial = False
    doubled: tuple[str, ...] = ()
    for name, answer in zip(names, answers, strict=True):
        texts = _texts(answer)
        is_partial |= answer.is_unknown
        if len(texts) == 1:
            records.append(parse_dmarc(name, texts[0]))
        elif texts and name == domain:
            doubled = texts
        if records and records[-1].psd in {"y", "n"} and records[-1].name == name:
            break
    return DmarcWalk(domain=domain, records=tuple(records), doubled=doubled, is_partial=is_partial)


def check_dmarc(walk: DmarcWalk, *, exists: bool = True) -> Asking[CheckResult]:
    """Judge the policy; asks whether those who are to get the reports want them. exists: whether the domain is in DNS."""
    if walk.doubled:
        sentence = "There are two DMARC records, which counts as none: keep one"
        return _said(walk, Verdict.FAIL, "two_records", sentence, found=walk.doubled)
    record = walk.record
    if record is None:
        if walk.is_partial:
            return silent(Check.DMARC, EXPECTED.format(domain=walk.domain))
        return _said(walk, Verdict.FAIL, "none", "There is no DMARC record")
    found = (f"{record.name}: {record.text}",)
    if record.problem:
        sentence = f"The DMARC record cannot be read: {record.problem}"
        return _said(walk, Verdict.FAIL, "syntax", sentence, found=found)
    if walk.is_partial and record.name != walk.domain:
        return silent(Check.DMARC, EXPECTED.format(domain=walk.domain))
    refused = yield from _unwanted_reports(record)
    verdict, code, sentence = _judge(record, record.for_domain(walk.domain, exists=exists), refused)
    if record.removed_tags:
        sentence += f"; “{record.removed_tags[0]}” has no meaning any more"
    if record.name != walk.domain:
        sentence += f" (from {record.name})"
    return _said(walk, verdict, code, sentence, found=found)


def _judge(record: DmarcRecord, policy: Policy, refused: list[str]) -> tuple[Verdict, str, str]:
    if record.policy is None:
        return Verdict.WARN, "no_policy", "The DMARC record has no policy (p), which counts as none"
    if policy is Policy.NONE:
        return (
            Verdict.WARN,
            "policy_none",
            "The DMARC policy asks for nothing (p=none): ask for quarantine once your mail is aligned",
        )
    if record.is_test:
        return Verdict.WARN, "test_mode", "The DMARC policy is in test mode (t=y)"
    if not record.report_domains:
        return (
            Verdict.WARN,
            "no_reports",
            "The DMARC record asks for no reports (rua), so nobody hears of forgeries",
        )
    if refused:
        return (
            Verdict.WARN,
            "reports_refused",
            f"{refused[0]} does not say that it takes this domain's reports",
        )
    return Verdict.PASS, "found", f"Mail that fails is to be treated as {policy.value}"


def _unwanted_reports(record: DmarcRecord) -> Asking[list[str]]:
    """The foreign domains that get reports without having published that they want them."""
    foreign = [name for name in record.report_domains if not _is_kin(name, record.name)][:_REPORTS_LOOKED_AT]
    if not foreign:
        return []
    answers = yield tuple(Question(f"{record.name}._report._dmarc.{name}", Kind.TXT) for name in foreign)
    return [
        name
        for name, answer in zip(foreign, answers, strict=True)
        if not answer.is_unknown and not any(map(is_dmarc, answer.records))
    ]


def _is_kin(one: str, other: str) -> bool:
    return is_below(one, other) or is_below(other, one)


def _texts(answer: Answer) -> tuple[str, ...]:
    return tuple(record for record in answer.records if is_dmarc(record))


def _below(domain: str, parent: str) -> str:
    """The name on the way to the domain that is one label longer than its parent."""
    kept = parent.count(".") + 2
    return ".".join(domain.split(".")[-kept:])


def _said(
    walk: DmarcWalk, verdict: Verdict, code: str, sentence: str, *, found: tuple[str, ...] = ()
) -> CheckResult:
    expected = EXPECTED.format(domain=walk.domain)
    value = expected if code in _REPLACED else _improved(walk) if code in _IMPROVED else None
    return CheckResult(
        check=Check.DMARC,
        verdict=verdict,
        code=code,
        sentence=sentence,
        expected=expected,
        found=found,
        paste=Record(f"_dmarc.{walk.domain}", "TXT", value) if value else None,
    )


def _improved(walk: DmarcWalk) -> str:
    """The domain's own record made better; a domain that only inherits one gets one of its own."""
    own = walk.record if walk.record and walk.record.name == walk.domain else None
    return (own and improved(own)) or EXPECTED.format(domain=walk.domain)
