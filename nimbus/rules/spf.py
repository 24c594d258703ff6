"""Reading an SPF record (RFC 7208): its terms, or the first thing that is wrong with it."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MECHANISM = re.compile(r"(?P<qualifier>[+\-~?]?)(?P<name>[a-z][a-z0-9_.-]*)(?P<rest>[:/].*)?", re.IGNORECASE)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>\S*)", re.IGNORECASE)
_LENGTHS = re.compile(r"(?:/(?P<v4>\d{1,2}))?(?://(?P<v6>\d{1,3}))?$")
_LOOKED_UP = frozenset({"include", "a", "mx", "ptr", "exists"})
_NAMES = _LOOKED_UP | {"all", "ip4", "ip6"}
_MAX_V4, _MAX_V6 = 32, 128


class SpfSyntaxError(ValueError):
    """The record cannot be read; the text is a sentence that names the part at fault."""


class Qualifier(StrEnum):
    """What a match means."""

    PASS = "+"  # noqa: S105 - a qualifier
    FAIL = "-"
    SOFT_FAIL = "~"
    NEUTRAL = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A mechanism or modifier. `target` is the name that it points to, empty where it is the record's own."""

    name: str
    text: str
    qualifier: Qualifier = Qualifier.PASS
    target: str = ""
    network: Network | None = None
    v4_length: int = _MAX_V4
    v6_length: int = _MAX_V6

    @property
    def asks_dns(self) -> bool:
        """Whether a receiver has to ask DNS for it: of these there may be ten."""
        return self.name in _LOOKED_UP or self.name == "redirect"

    @property
    def has_macro(self) -> bool:
        """Whether the target is known only when a message comes in."""
        return "%" in self.target


def is_spf(text: str) -> bool:
    """Whether a TXT record is meant as SPF."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def parse_spf(text: str) -> tuple[Term, ...]:
    """The terms of a record that is_spf(), in order; raises SpfSyntaxError."""
    terms = tuple(_term(part) for part in text.split(" ")[1:] if part)
    redirects = [term for term in terms if term.name == "redirect"]
    if len(redirects) > 1:
        raise SpfSyntaxError("“redirect” stands twice")
    return terms


def can_be_read(part: str) -> bool:
    """Whether a part of a record is one of SPF: what is not must not be pasted again."""
    try:
        _term(part)
    except SpfSyntaxError:
        return False
    return True


def _term(text: str) -> Term:
    modifier = _MODIFIER.fullmatch(text)
    if modifier:
        name = modifier["name"].lower()
        if name == "redirect" and not modifier["value"]:
            raise SpfSyntaxError(f"“{text}” names no domain")
        return Term(name=name, text=text, target=_name(modifier["value"]))
    match = _MECHANISM.fullmatch(text)
    if not match or match["name"].lower() not in _NAMES:
        raise SpfSyntaxError(f"“{text}” is not a part of SPF")
    name, rest = match["name"].lower(), match["rest"] or ""
    qualifier = Qualifier(match["qualifier"] or "+")
    if name in {"ip4", "ip6"}:
        return Term(name=name, text=text, qualifier=qualifier, network=_network(name, rest, text))
    if name == "all":
        if rest:
            raise SpfSyntaxError(f"“{text}” takes no value")
        return Term(name=name, text=text, qualifier=qualifier)
    return _named(name, rest, text=text, qualifier=qualifier)


def _named(name: str, rest: str, *, text: str, qualifier: Qualifier) -> Term:
    takes_length = name in {"a", "mx"}
    lengths = _LENGTHS.search(rest) if takes_length else None
    target = rest[: lengths.start()] if lengths else rest
    v4, v6 = (
        (int(lengths[part] or most) for part, most in (("v4", 32), ("v6", 128))) if lengths else (32, 128)
    )
    is_whole = target.startswith(":") and len(target) > 1
    if (target and not is_whole) or (name in {"include", "exists"} and not is_whole):
        raise SpfSyntaxError(f"“{text}” names no domain")
    if v4 > _MAX_V4 or v6 > _MAX_V6:
        raise SpfSyntaxError(f"“{text}” has a length that no network has")
    return Term(
        name=name, text=text, qualifier=qualifier, target=_name(target[1:]), v4_length=v4, v6_length=v6
    )


def _name(text: str) -> str:
    return text.lower().rstrip(".")


def _network(name: str, rest: str, text: str) -> Network:
    try:
        network = ipaddress.ip_network(rest[1:], strict=False)
    except ValueError:
        network = None
    if network is None or not rest.startswith(":") or network.version != int(name[-1]):
        raise SpfSyntaxError(f"“{text}” is not a network")
    return network
