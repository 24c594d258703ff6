"""Following an SPF record through its includes: how often a receiver would have to ask DNS, and whom it lets send.

Everything is followed, although a receiver stops at the first match: which sender comes first is not ours to guess.
"""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum

from nimbus.rules.dns_answers import (
    Answer,
    Asking,
    IPAddress,
    Kind,
    Question,
    addresses_of,
)
from nimbus.rules.mx import hosts_of
from nimbus.rules.spf import Network, Qualifier, SpfSyntaxError, Term, is_spf, parse_spf

MOST_LOOKUPS = 10  # RFC 7208 4.6.4
MOST_VOID_LOOKUPS = 2  # of these, without an answer
MOST_HOSTS = 10  # of one "mx"
_ENOUGH = 30  # look-ups; a record beyond that is not followed to its end


class SpfProblem(StrEnum):
    """What makes a record worthless, the first that was met."""

    NONE = "none"  # there is no record
    TWO_RECORDS = "two_records"
    SYNTAX = "syntax"
    TOO_MANY_LOOKUPS = "too_many_lookups"
    TOO_MANY_VOID = "too_many_void"
    TOO_MANY_HOSTS = "too_many_hosts"
    LOOP = "loop"
    EMPTY_INCLUDE = "empty_include"  # an included domain without a record


@dataclass(slots=True, kw_only=True)
class SpfWalk:
    """What was met on the way through a domain's record."""

    domain: str
    records: tuple[str, ...] = ()  # the domain's own
    terms: tuple[Term, ...] = ()
    lookups: int = 0
    voids: int = 0
    reached: set[str] = field(default_factory=set)  # domains whose records count here
    networks: list[Network] = field(default_factory=list)  # whose addresses may send
    end: Qualifier | None = None  # what everybody else gets; None: nothing is said
    problem: SpfProblem | None = None
    detail: str = ""
    is_partial: bool = False  # a name server did not say

    def fail(self, problem: SpfProblem, detail: str) -> None:
        """Keep the first problem."""
        if self.problem is None:
            self.problem, self.detail = problem, detail

    def lets(self, address: IPAddress) -> bool:
        """Whether an address may send, as far as the record was followed."""
        return any(address.version == network.version and address in network for network in self.networks)


def walk_spf(domain: str) -> Asking[SpfWalk]:
    """Read a domain's record and everything that it leads to."""
    walk = SpfWalk(domain=domain)
    (answer,) = yield (Question(domain, Kind.TXT),)
    walk.records = tuple(record for record in answer.records if is_spf(record))
    terms = _terms(walk, answer, domain)
    if terms is not None:
        walk.terms = terms
        walk.end = yield from _follow(walk, domain, terms, (domain,))
    if walk.lookups > MOST_LOOKUPS:
        walk.problem, walk.detail = SpfProblem.TOO_MANY_LOOKUPS, f"{walk.lookups} of {MOST_LOOKUPS}"
    elif walk.voids > MOST_VOID_LOOKUPS:
        walk.fail(SpfProblem.TOO_MANY_VOID, f"{walk.voids} of {MOST_VOID_LOOKUPS}")
    return walk


def _terms(walk: SpfWalk, answer: Answer, domain: str) -> tuple[Term, ...] | None:
    records = [record for record in answer.records if is_spf(record)]
    if answer.is_unknown:
        walk.is_partial = True
    elif not records:
        is_own = domain == walk.domain
        walk.fail(SpfProblem.NONE if is_own else SpfProblem.EMPTY_INCLUDE, domain)
    elif len(records) > 1:
        walk.fail(SpfProblem.TWO_RECORDS, domain)
    else:
        try:
            return parse_spf(records[0])
        except SpfSyntaxError as error:
            walk.fail(SpfProblem.SYNTAX, str(error) if domain == walk.domain else f"{domain}: {error}")
    return None


def _follow(
    walk: SpfWalk, domain: str, terms: tuple[Term, ...], path: tuple[str, ...]
) -> Asking[Qualifier | None]:
    """Follow the terms of one record; what its "all" says, or that of the record that it redirects to."""
    for term in terms:
        if term.name == "all":
            return term.qualifier  # what follows, and a redirect, is never looked at
        if term.name == "redirect":
            continue
        if walk.lookups > _ENOUGH:
            return None
        if term.asks_dns:
            walk.lookups += 1
        yield from _of_term(walk, term, domain, path)
    redirect = next((term for term in terms if term.name == "redirect"), None)
    if redirect is None:
        return None
    walk.lookups += 1
    return (yield from _into(walk, redirect, path))


def _of_term(walk: SpfWalk, term: Term, domain: str, path: tuple[str, ...]) -> Asking[None]:
    if term.network is not None:
        if term.qualifier is Qualifier.PASS:
            walk.networks.append(term.network)
    elif term.name == "include":
        yield from _into(walk, term, path)
    elif term.has_macro:
        return  # known only when a message comes in
    elif term.name in {"a", "exists"}:
        yield from _hosts(walk, term, [term.target or domain])
    elif term.name == "mx":
        (answer,) = yield (Question(term.target or domain, Kind.MX),)
        hosts = [host for host in hosts_of(answer) if host]
        _count_void(walk, missing=not hosts, unknown=answer.is_unknown)
        if len(hosts) > MOST_HOSTS:
            walk.fail(SpfProblem.TOO_MANY_HOSTS, f"“{term.text}” leads to {len(hosts)} hosts")
        yield from _hosts(walk, term, hosts[:MOST_HOSTS])


def _into(walk: SpfWalk, term: Term, path: tuple[str, ...]) -> Asking[Qualifier | None]:
    if term.has_macro:
        return None
    if term.target in path:
        walk.fail(SpfProblem.LOOP, " → ".join((*path, term.target)))
        return None
    if walk.lookups > _ENOUGH:
        return None
    walk.reached.add(term.target)
    (answer,) = yield (Question(term.target, Kind.TXT),)
    _count_void(walk, missing=answer.is_missing, unknown=answer.is_unknown)
    terms = _terms(walk, answer, term.target)
    if terms is None:
        return None
    return (yield from _follow(walk, term.target, terms, (*path, term.target)))


def _hosts(walk: SpfWalk, term: Term, hosts: list[str]) -> Asking[None]:
    """Add the networks around the addresses of these hosts."""
    for host in hosts:
        addresses, is_partial = yield from addresses_of(host)
        if term.name != "mx":
            _count_void(walk, missing=not addresses, unknown=is_partial)
        if term.name == "exists" or term.qualifier is not Qualifier.PASS:
            continue
        for address in addresses:
            length = term.v4_length if address.version == 4 else term.v6_length
            walk.networks.append(ipaddress.ip_network(f"{address}/{length}", strict=False))


def _count_void(walk: SpfWalk, *, missing: bool, unknown: bool) -> None:
    if unknown:
        walk.is_partial = True
    elif missing:
        walk.voids += 1
