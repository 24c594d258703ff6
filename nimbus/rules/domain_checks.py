"""All checks of a sending domain: one long list of questions, and from their answers every verdict.

A name server that is silent changes nothing for a day: the last verdict stands, and says how old it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from nimbus.rules.alignment import Evidence, judge_alignment
from nimbus.rules.blocklists import Blocklist
from nimbus.rules.dkim import check_dkim
from nimbus.rules.dmarc import check_dmarc, walk_dmarc
from nimbus.rules.dns_answers import Asking, IPAddress, addresses_of
from nimbus.rules.listings import LookedUp, ask_lists
from nimbus.rules.mx import check_mx
from nimbus.rules.ptr import check_ptr
from nimbus.rules.sending_paths import Path, selectors_to_try
from nimbus.rules.spf_verdict import judge_spf
from nimbus.rules.spf_walk import walk_spf
from nimbus.rules.verdicts import Check, CheckResult, Verdict

LAST_GOOD_KEPT = timedelta(hours=24)
CHECKED_EVERY = timedelta(hours=6)
LISTED_CHECKED_EVERY = timedelta(hours=1)
PTR_CHECKED_EVERY = timedelta(hours=24)
CONFIRMED_WITHIN = timedelta(minutes=11)  # a look that may pause, or end a pause, is repeated soon
SPREAD = 0.1  # of the time between two looks
_MOST_ADDRESSES = 8  # of one's own mail servers


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known of a domain before it is checked. `registrable` is what somebody bought: lists go by that name."""

    domain: str
    registrable: str
    paths: tuple[Path, ...] = ()
    own_hosts: tuple[str, ...] = ()  # mail servers whose addresses are the domain's own
    observed_selectors: tuple[str, ...] = ()  # on its real mail
    evidence: Evidence = field(default_factory=Evidence)
    last_addresses: tuple[IPAddress, ...] = ()  # of the own hosts
    last_ptr: CheckResult | None = None  # not older than PTR_CHECKED_EVERY, about those addresses
    lists: tuple[Blocklist, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of it. The verdict on the lists follows from the listings over time: rules/listings.py."""

    results: Mapping[Check, CheckResult]
    organisation: str
    selectors: tuple[str, ...]  # at which there is a key
    looked: tuple[LookedUp, ...]
    hosts: Mapping[str, tuple[IPAddress, ...]]  # the own mail servers

    @property
    def addresses(self) -> tuple[IPAddress, ...]:
        """The domain's own addresses, each once."""
        return _together(self.hosts)


def check_domain(asked: Asked, done: Callable[[Check], None] = lambda _check: None) -> Asking[Checked]:
    """Check everything; `done` hears of each check that has its answers."""
    domain = asked.domain
    mx = yield from check_mx(domain)
    done(Check.MX)
    hosts = yield from _own_hosts(asked)
    addresses = _together(hosts)
    selectors = selectors_to_try(asked.paths, asked.observed_selectors)
    dkim = yield from check_dkim(domain, selectors, asked.observed_selectors)
    done(Check.DKIM)
    walk = yield from walk_spf(domain)
    own = [Path("your mail server", addresses=addresses)] if addresses else []
    spf = judge_spf(walk, [*asked.paths, *own], dkim=dkim.result.verdict)
    done(Check.SPF)
    tree = yield from walk_dmarc(domain)
    dmarc = yield from check_dmarc(tree, exists=mx.code != "no_domain")
    done(Check.DMARC)
    is_known = set(addresses) == set(asked.last_addresses)  # name servers turn their answers around
    ptr = asked.last_ptr if asked.last_ptr and is_known else (yield from check_ptr(addresses))
    done(Check.PTR)
    looked = yield from ask_lists(asked.lists, asked.registrable, tuple(map(str, addresses)))
    done(Check.LISTS)
    alignment = judge_alignment(asked.evidence, spf=spf.verdict, dkim=dkim.result.verdict)
    results = (mx, spf, dkim.result, dmarc, alignment, ptr)
    return Checked(
        results={result.check: result for result in results},
        organisation=tree.organisation,
        selectors=dkim.selectors,
        looked=looked,
        hosts=hosts,
    )


def _own_hosts(asked: Asked) -> Asking[dict[str, tuple[IPAddress, ...]]]:
    """The addresses of each own mail server; where the name servers are silent, those of the last time."""
    hosts: dict[str, tuple[IPAddress, ...]] = {}
    for host in asked.own_hosts:
        addresses, is_partial = yield from addresses_of(host)
        found = tuple(address for address in addresses if address.is_global)
        hosts[host] = found if found or not is_partial else asked.last_addresses
    return hosts


def _together(hosts: Mapping[str, tuple[IPAddress, ...]]) -> tuple[IPAddress, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(hosts.values())))[:_MOST_ADDRESSES]


class Kept(NamedTuple):
    """A verdict with its age: `at` is when it was found, which may be long before the last look."""

    result: CheckResult
    at: datetime


def keep_last_good(fresh: CheckResult, last: Kept | None, now: datetime) -> Kept:
    """The verdict that counts: the fresh one, or for a day the last known one where name servers were silent."""
    is_silence = fresh.verdict is Verdict.UNKNOWN and fresh.is_temporary
    if not is_silence or last is None or last.result.verdict is Verdict.UNKNOWN:
        return Kept(fresh, now)
    return last if now - last.at <= LAST_GOOD_KEPT else Kept(fresh, now)


def next_look(
    now: datetime, *, is_listed: bool, is_undecided: bool, is_silent: bool, spread: float
) -> datetime:
    """When to look again. `spread` (0 to 1, the domain's own) keeps domains that were added together apart.

    is_undecided: a reason was seen, or was gone, once, and a second look decides.
    """
    if is_undecided:
        return now + CONFIRMED_WITHIN
    wait = LISTED_CHECKED_EVERY if is_listed or is_silent else CHECKED_EVERY
    return now + wait * (1 + SPREAD * spread)
