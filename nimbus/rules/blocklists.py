"""The lists that matter, what their answers mean, and how each shows that it can be believed (RFC 5782).

`deliverability.md` 9.4. An answer is an address: within 127.0.0.0/8 it may be a listing, everywhere else it is a lie of
somebody in between. UCEPROTECT 2 and 3 list whole networks, and SORBS ended in 2024: none of them is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from nimbus.rules.dns_answers import Answer, IPAddress, Kind, Outcome, Question, as_address


class Severity(IntEnum):
    """How much a listing hurts. Only a critical one of the domain pauses; the others take points, or inform."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The severity as it is stored and shown."""
        return self.name.lower()


class Subject(StrEnum):
    """What a list is about."""

    DOMAIN = "domain"
    ADDRESS = "address"


class Meaning(NamedTuple):
    """What an answer says of who was asked about."""

    severity: Severity
    words: str


Reading = Callable[[tuple[int, ...]], list[Meaning]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocklist:
    """A list. `listed` and `never` are names below its zone that it must, and must not, answer for."""

    key: str
    name: str
    zone: str
    subject: Subject
    reading: Reading
    delisting: str
    listed: str = "2.0.0.127"
    never: str = "1.0.0.127"
    errors: tuple[str, ...] = ()  # answers of its own that are complaints about the question
    needs_key: bool = False


def _codes(first: tuple[int, ...], meanings: dict[int, Meaning]) -> Reading:
    """Answers that differ in their last number only."""

    def read(octets: tuple[int, ...]) -> list[Meaning]:
        return [meanings[octets[3]]] if octets[:3] == first and octets[3] in meanings else []

    return read


def _bits(meanings: dict[int, Meaning]) -> Reading:
    """Answers whose last number is a sum: one bit for each reason."""

    def read(octets: tuple[int, ...]) -> list[Meaning]:
        is_known = octets[:3] == (127, 0, 0)
        return [meaning for bit, meaning in meanings.items() if is_known and octets[3] & bit]

    return read


def _any(severity: Severity, words: str) -> Reading:
    """Lists that say no more than yes."""

    def read(octets: tuple[int, ...]) -> list[Meaning]:
        return [Meaning(severity, words)] if octets[:3] == (127, 0, 0) and octets[3] > 1 else []

    return read


_SPAM, _ABUSED = Severity.CRITICAL, Severity.HIGH
_DBL = {
    2: Meaning(_SPAM, "a spam domain"),
    4: Meaning(_SPAM, "a phishing domain"),
    5: Meaning(_SPAM, "a malware domain"),
    6: Meaning(_SPAM, "a botnet's domain"),
    102: Meaning(_ABUSED, "a good domain that is abused for spam"),
    103: Meaning(_ABUSED, "a good domain whose redirector is abused"),
    104: Meaning(_ABUSED, "a good domain that is abused for phishing"),
    105: Meaning(_ABUSED, "a good domain that is abused for malware"),
    106: Meaning(_ABUSED, "a good domain that is abused by a botnet"),
}
_ZEN = {
    2: Meaning(Severity.CRITICAL, "a spam source (SBL)"),
    3: Meaning(Severity.CRITICAL, "a recent spam source (CSS), usually gone two days after the last spam"),
    4: Meaning(Severity.CRITICAL, "a taken-over machine (XBL)"),
    9: Meaning(Severity.CRITICAL, "a hijacked network (DROP)"),
    10: Meaning(Severity.INFO, "an address that should not send mail directly (PBL)"),
    11: Meaning(Severity.INFO, "an address that should not send mail directly (PBL)"),
}
_ZEN |= dict.fromkeys((5, 6, 7), _ZEN[4])
_ZRD = {
    hours: Meaning(Severity.INFO, f"a domain first seen {hours} hours ago or less") for hours in range(2, 25)
}
_SURBL = {
    8: Meaning(Severity.HIGH, "a phishing domain"),
    16: Meaning(Severity.HIGH, "a malware domain"),
    64: Meaning(Severity.HIGH, "a domain in spam"),
    128: Meaning(Severity.HIGH, "a taken-over site"),
}
_URIBL = {
    2: Meaning(Severity.HIGH, "on the black list"),
    4: Meaning(Severity.MEDIUM, "on the grey list"),
    8: Meaning(Severity.LOW, "on the red list"),
}

LISTS = (
    Blocklist(
        key="spamhaus_dbl",
        name="Spamhaus DBL",
        zone="dbl.spamhaus.org",
        subject=Subject.DOMAIN,
        reading=_codes((127, 0, 1), _DBL),
        delisting="https://check.spamhaus.org/",
        listed="dbltest.com",
        never="invalid",
        errors=("127.0.1.255",),
    ),
    Blocklist(
        key="spamhaus_zrd",
        name="Spamhaus ZRD",
        zone="zrd.spamhaus.org",
        subject=Subject.DOMAIN,
        reading=_codes((127, 0, 2), _ZRD),
        delisting="https://check.spamhaus.org/",
        listed="test",
        never="invalid",
        needs_key=True,
    ),
    Blocklist(
        key="surbl",
        name="SURBL",
        zone="multi.surbl.org",
        subject=Subject.DOMAIN,
        reading=_bits(_SURBL),
        delisting="https://surbl.org/surbl-analysis",
        listed="surbl-org-permanent-test-point.com",
        never="invalid",
        errors=("127.0.0.1",),
    ),
    Blocklist(
        key="uribl",
        name="URIBL",
        zone="multi.uribl.com",
        subject=Subject.DOMAIN,
        reading=_bits(_URIBL),
        delisting="https://admin.uribl.com/",
        listed="test.uribl.com",
        never="invalid",
        errors=("127.0.0.1",),
    ),
    Blocklist(
        key="spamhaus_zen",
        name="Spamhaus ZEN",
        zone="zen.spamhaus.org",
        subject=Subject.ADDRESS,
        reading=_codes((127, 0, 0), _ZEN),
        delisting="https://check.spamhaus.org/",
    ),
    Blocklist(
        key="barracuda",
        name="Barracuda",
        zone="b.barracudacentral.org",
        subject=Subject.ADDRESS,
        reading=_any(Severity.HIGH, "a spam source"),
        delisting="https://www.barracudacentral.org/rbl/removal-request",
    ),
    Blocklist(
        key="spamcop",
        name="SpamCop",
        zone="bl.spamcop.net",
        subject=Subject.ADDRESS,
        reading=_any(Severity.MEDIUM, "reported for spam; it ends by itself after a day without reports"),
        delisting="https://www.spamcop.net/bl.shtml",
    ),
    Blocklist(
        key="psbl",
        name="PSBL",
        zone="psbl.surriel.com",
        subject=Subject.ADDRESS,
        reading=_any(Severity.LOW, "a source of spam to traps"),
        delisting="https://psbl.org/remove",
    ),
    Blocklist(
        key="mailspike",
        name="Mailspike",
        zone="bl.mailspike.net",
        subject=Subject.ADDRESS,
        reading=_any(Severity.LOW, "a bad reputation"),
        delisting="https://mailspike.org/iplookup.html",
    ),
    Blocklist(
        key="uceprotect1",
        name="UCEPROTECT 1",
        zone="dnsbl-1.uceprotect.net",
        subject=Subject.ADDRESS,
        reading=_any(Severity.LOW, "a spam source; it ends by itself after seven days"),
        delisting="https://www.uceprotect.net/en/rblcheck.php",
    ),
)
BY_KEY = {each.key: each for each in LISTS}
_BY_ZONE = {each.zone: each for each in LISTS}  # each zone has three labels


def switched_on(off: str, *, has_spamhaus_key: bool) -> tuple[Blocklist, ...]:
    """The lists to ask: all but those named in `off`, and those that answer only to a key. ValueError names what is none."""
    named = off.replace(",", " ").split()
    if unknown := [name for name in named if name not in BY_KEY]:
        raise ValueError(f"NIMBUS_BLOCKLISTS_OFF names {unknown[0]}; there are: {', '.join(BY_KEY)}.")
    return tuple(each for each in LISTS if each.key not in named and (has_spamhaus_key or not each.needs_key))


def question_about(blocklist: Blocklist, subject: str) -> Question:
    """How a list is asked about a domain, or an address as text."""
    address = as_address(subject)
    name = subject if address is None else _reversed(address)
    return Question(f"{name}.{blocklist.zone}", Kind.A)


def controls_of(blocklist: Blocklist) -> tuple[Question, Question]:
    """The two questions that show whether a list can be believed: it must know the first and not the second."""
    listed, never = (
        Question(f"{name}.{blocklist.zone}", Kind.A) for name in (blocklist.listed, blocklist.never)
    )
    return listed, never


def list_of(question: Question) -> Blocklist | None:
    """The list that a question is put to; asked of each look-up, so it looks at no list but that one."""
    return _BY_ZONE.get(".".join(question.name.split(".")[-3:]))


def can_be_believed(blocklist: Blocklist, listed: Answer, never: Answer) -> bool:
    """Whether the control entries were answered as they must be."""
    return bool(meanings(blocklist, listed)) and never.is_missing


def meanings(blocklist: Blocklist, answer: Answer) -> tuple[Meaning, ...] | None:
    """What a list says: empty is not listed; None where the answer says nothing about who was asked about."""
    if answer.is_missing:
        return ()
    if answer.outcome is not Outcome.FOUND:
        return None
    found: list[Meaning] = []
    for record in answer.records:
        octets = _octets(record)
        if octets is None or octets[0] != 127 or octets[:3] == (127, 255, 255) or record in blocklist.errors:
            return None
        found += blocklist.reading(octets)
    return tuple(dict.fromkeys(found)) or None  # a code that nobody has explained is no listing


def _octets(record: str) -> tuple[int, ...] | None:
    address = as_address(record)
    return tuple(address.packed) if address is not None and address.version == 4 else None


def _reversed(address: IPAddress) -> str:
    """The address backwards, as lists and PTR records have it."""
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


def worst(found: Sequence[Meaning]) -> Meaning:
    """The meaning that counts."""
    return max(found, key=lambda meaning: meaning.severity)
