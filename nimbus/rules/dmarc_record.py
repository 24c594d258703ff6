"""Reading a DMARC record (RFC 9989): its policies, or what is wrong with it."""

import re
from dataclasses import dataclass
from enum import StrEnum

from nimbus.rules.dns_answers import tags_of

REMOVED = ("pct", "rf", "ri")  # of RFC 7489; without meaning today
_MAILTO = re.compile(r"mailto:[^@\s]+@(?P<domain>[^!\s,]+)(?:![0-9]+[kmgt]?)?", re.IGNORECASE)
_LONGEST = 500  # characters; a usual record has a hundred
_YES_NO = {"t": "yn", "psd": "ynu"}


class Policy(StrEnum):
    """What receivers are asked to do with mail that fails, mildest first."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """A record at `name`. A policy that is not given is None."""

    name: str
    text: str
    policy: Policy | None = None
    subdomains: Policy | None = None
    missing_subdomains: Policy | None = None
    is_test: bool = False
    psd: str = "u"
    strict_dkim: bool = False
    strict_spf: bool = False
    report_domains: tuple[str, ...] = ()
    removed_tags: tuple[str, ...] = ()
    problem: str = ""  # what cannot be read, as a sentence

    def for_domain(self, domain: str, *, exists: bool = True) -> Policy:
        """The policy for a domain that this record covers; without a "p" it is none."""
        own = self.policy or Policy.NONE
        if domain == self.name:
            return own
        below = self.subdomains or own
        return below if exists else self.missing_subdomains or below


def is_dmarc(text: str) -> bool:
    """Whether a TXT record is DMARC: its version stands first, spelt exactly so."""
    name, equals, rest = text.partition(";")[0].partition("=")
    return bool(equals) and name.strip().lower() == "v" and rest.strip() == "DMARC1"


def parse_dmarc(name: str, text: str) -> DmarcRecord:
    """The record that is_dmarc() at a name; what is not known is ignored, as receivers do."""
    tags = tags_of(text)
    if tags is None:
        return DmarcRecord(name=name, text=text, problem="a tag has no value")
    given = dict(reversed(tags))  # of a tag that stands twice the first counts
    wrong = _wrong(given)
    policies = {
        tag: None if tag in wrong else Policy(given[tag].lower()) if tag in given else None
        for tag in ("p", "sp", "np")
    }
    doubled = sorted({tag for tag, _ in tags if [each for each, _ in tags].count(tag) > 1})
    problem = f"“{wrong[0]}={given[wrong[0]]}” is not known" if wrong else ""
    return DmarcRecord(
        name=name,
        text=text,
        policy=policies["p"],
        subdomains=policies["sp"],
        missing_subdomains=policies["np"],
        is_test=given.get("t", "n").lower() == "y",
        psd=given.get("psd", "u").lower(),
        strict_dkim=given.get("adkim", "r").lower() == "s",
        strict_spf=given.get("aspf", "r").lower() == "s",
        report_domains=_report_domains(given.get("rua", "")),
        removed_tags=tuple(tag for tag in REMOVED if tag in given),
        problem=f"“{doubled[0]}” stands twice" if doubled else problem,
    )


def improved(record: DmarcRecord) -> str | None:
    """The record with a policy and reports, its other tags as they are; None where it is too long to be handed on."""
    given: dict[str, str] = {}
    for tag, value in tags_of(record.text) or ():
        given.setdefault(tag, value)
    policy = record.policy if record.policy not in {None, Policy.NONE} else Policy.QUARANTINE
    tags = {"v": "DMARC1", "p": policy} | {
        tag: value for tag, value in given.items() if tag not in {"v", "p", "t", *REMOVED}
    }
    if not record.report_domains:
        tags["rua"] = f"mailto:dmarc@{record.name}"
    text = "; ".join(f"{tag}={value}" for tag, value in tags.items())
    return text if len(text) <= _LONGEST and text.isprintable() else None


def _wrong(given: dict[str, str]) -> list[str]:
    policies = [tag for tag in ("p", "sp", "np") if tag in given and given[tag].lower() not in set(Policy)]
    others = [tag for tag, known in _YES_NO.items() if given.get(tag, "n").lower() not in set(known)]
    modes = [tag for tag in ("adkim", "aspf") if given.get(tag, "r").lower() not in {"r", "s"}]
    return [*policies, *others, *modes]


def _report_domains(text: str) -> tuple[str, ...]:
    """Where reports go: the mail domains of the addresses in "rua"."""
    matches = [_MAILTO.fullmatch(part.strip()) for part in text.split(",")]
    return tuple(dict.fromkeys(match["domain"].lower().rstrip(".") for match in matches if match))
