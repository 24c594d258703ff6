"""Sending domains in every state that their pages show, each judged by the product's own rules from made-up answers."""

from datetime import timedelta

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import DomainCheck, DomainHealth, DomainListing
from nimbus.rules.blocklists import LISTS
from nimbus.rules.dns_answers import Outcome
from nimbus.rules.domain_checks import check_domain
from nimbus.services.asker import Asker
from nimbus.services.check_domain import LEASE
from nimbus.services.domain_facts import read_asked
from nimbus.services.pause_domain import resume_anyway
from nimbus.services.record_check import Done, record_checks
from tests.factories import make_domain, make_email_account, reload
from tests.rules.answering import answered
from tests.servers.zones import TEST_ANSWERS, rsa_key

HOSTILE = 'v=spf1 "><script>alert(1)</script><img/src> ~all'
_CONTROLS = {f"{each.listed}.{each.zone} A": [TEST_ANSWERS.get(each.key, "127.0.0.2")] for each in LISTS}
DEAD_MX = {"{} MX": ["10 gone.example"]}


class Silence(dict):
    """Name servers that answer nothing at all."""

    def get(self, _key, _default=None):
        return Outcome.TIMED_OUT


def zone_of(name: str, changes: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
    """What DNS says of a good domain, some of it changed; in the changes, {} stands for the name."""
    good = {
        "{} MX": [f"10 mx.{name}"],
        "mx.{} A": ["198.51.100.25"],
        "{} TXT": ["v=spf1 include:_spf.google.com ~all"],
        "_spf.google.com TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"],
        "google._domainkey.{} TXT": [rsa_key(2048)],
        "_dmarc.{} TXT": [f"v=DMARC1; p=reject; rua=mailto:dmarc@{name}"],
    }
    return _CONTROLS | {key.format(name): texts for key, texts in (good | (changes or {})).items()}


def look(workspace_id: int, name: str, zone: dict[str, list[str]]) -> int:
    """One look at a domain whose answers are known; gives its id."""
    lease = now() + LEASE
    domain_id = make_domain(workspace_id, name, check_lease_until=lease)
    with transaction() as session:
        domain = session.get_one(DomainHealth, domain_id)
        asked = read_asked(session, [domain], now(), anew=True)[domain_id]
    assert record_checks([Done(domain_id, lease, asked, answered(check_domain(asked), zone), 0.5)])
    return domain_id


def make_domains(workspace_id: int, owner: Asker) -> None:
    """A domain in each state, named after it: healthy.example, warned.example and so on."""
    for name, inboxes in (("healthy", 3), ("warned", 2), ("failing", 1), ("listed", 4), ("paused", 2)):
        for number in range(inboxes):
            make_email_account(workspace_id, f"p{number}@{name}.example", provider="gmail", legs=())
    for name in ("overridden", "unknown", "silent", "unchecked", "checking"):
        make_email_account(workspace_id, f"ann@{name}.example", provider="gmail", legs=())
    make_email_account(workspace_id, "ann@gmail.com", provider="gmail", legs=())
    make_domain(workspace_id, "gmail.com", is_public_provider=True)
    for number in range(4):
        held = {"hold_state": "held"} if number < 3 else {}
        make_email_account(workspace_id, f"t{number}@troubled.example", provider="gmail", legs=(), **held)
    for name, changes in _STATES.items():
        look(workspace_id, f"{name}.example", zone_of(f"{name}.example", changes))
    look(workspace_id, "unknown.example", Silence())
    _keep_silent(workspace_id)
    pause(workspace_id, "listed.example")
    for name in ("paused", "overridden"):
        pause(workspace_id, f"{name}.example", DEAD_MX)
    resume_anyway(owner, "overridden.example")
    lease = {"check_lease_until": now() + timedelta(days=1), "check_progress": ["mx", "dkim"]}
    make_domain(workspace_id, "checking.example", **lease)
    _make_neighbours(workspace_id)


_STATES = {
    "healthy": {},
    "troubled": {},
    "silent": {},
    "warned": {"_dmarc.{} TXT": ["v=DMARC1; p=none"], "google._domainkey.{} TXT": [rsa_key(1024)]},
    "failing": {"{} TXT": [HOSTILE], "google._domainkey.{} TXT": ["v=DKIM1; p="]},
    "checking": {"_dmarc.{} TXT": ["v=DMARC1; p=quarantine"]},
}


def pause(workspace_id: int, name: str, changes: dict[str, list[str]] | None = None) -> None:
    """Pause a domain as the second of two looks does; without changes, because Spamhaus lists it."""
    earlier = now() - timedelta(minutes=15)
    if changes:
        make_domain(workspace_id, name, pause_memory={"mx_dead": [earlier.isoformat(), None, None]})
        look(workspace_id, name, zone_of(name, changes))
        return
    domain_id = make_domain(workspace_id, name)
    listing = {"list_key": "spamhaus_dbl", "subject": name, "severity": 4, "words": "a spam domain"}
    with transaction() as session:
        session.add(
            DomainListing(
                workspace_id=workspace_id,
                domain_id=domain_id,
                raw=["127.0.1.2"],
                first_at=earlier,
                last_at=earlier,
                **listing,
            )
        )
    also = {f"{name}.multi.surbl.org A": ["127.0.0.64"], f"{name}.multi.uribl.com A": ["127.0.0.4"]}
    look(workspace_id, name, zone_of(name, also | {f"{name}.dbl.spamhaus.org A": ["127.0.1.2"]}))


def make_many_domains(workspace_id: int, count: int) -> None:
    """Many domains with an inbox and checks each; every second one has something that could be better."""
    for number, name in enumerate(f"many{each}.example" for each in range(count)):
        make_email_account(workspace_id, f"ann@{name}", provider="gmail", legs=())
        look(workspace_id, name, zone_of(name, _STATES["warned"] if number % 2 else {}))


def _keep_silent(workspace_id: int) -> None:
    """A domain whose verdicts are of three hours ago, for its name servers have been silent since."""
    domain_id = make_domain(workspace_id, "silent.example")
    with transaction() as session:
        of_domain = sa.update(DomainCheck).where(DomainCheck.domain_id == domain_id)
        session.execute(of_domain.values(found_at=now() - timedelta(hours=3)))
    look(workspace_id, "silent.example", Silence())
    assert reload(DomainHealth, domain_id).score == 100


def _make_neighbours(workspace_id: int) -> None:
    for name in ("failing.example", "listed.example"):
        make_domain(workspace_id, name, own_addresses=["198.51.100.7"])
