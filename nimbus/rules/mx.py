"""Whether mail to a domain arrives anywhere: its MX records, or its own addresses where it has none (RFC 5321, 7505)."""

from nimbus.rules.dns_answers import Answer, Asking, Kind, Outcome, Question, addresses_of
from nimbus.rules.verdicts import Check, CheckResult, Verdict, silent

EXPECTED = "At least one MX record that leads to a mail server"
_LOOKED_AT = 10  # of the hosts, best first


def hosts_of(answer: Answer) -> list[str]:
    """The mail servers that an MX answer names, best first; an empty one is a null MX: no mail is taken."""
    found = []
    for record in answer.records:
        preference, _, host = record.partition(" ")
        if preference.isdigit():
            found.append((int(preference), host.lower().rstrip(".")))
    return [host for _, host in sorted(found)]


def check_mx(domain: str) -> Asking[CheckResult]:
    """Ask for the mail servers, and for the addresses of each until one has some."""
    (answer,) = yield (Question(domain, Kind.MX),)
    if answer.is_unknown:
        return silent(Check.MX, EXPECTED)
    if answer.outcome is Outcome.NO_NAME:
        return _said(Verdict.FAIL, "no_domain", "The domain does not exist in DNS")
    hosts = hosts_of(answer)
    if hosts and not any(hosts):
        sentence = "The domain says that it takes no mail, so no reply arrives"
        return _said(Verdict.FAIL, "null", sentence, answer.records)
    return (yield from _any_alive([host for host in hosts if host], domain, answer.records))


def _any_alive(hosts: list[str], domain: str, found: tuple[str, ...]) -> Asking[CheckResult]:
    """Look for one host that has an address; without MX records that is the domain itself."""
    is_unsure = False
    for host in hosts[:_LOOKED_AT] or [domain]:
        addresses, is_partial = yield from addresses_of(host)
        if addresses and hosts:
            return _said(Verdict.PASS, "found", "Mail to this domain arrives", found)
        if addresses:
            return _said(
                Verdict.PASS, "implicit", "There is no MX record; mail goes to the domain's own address"
            )
        is_unsure |= is_partial
    if is_unsure:
        return silent(Check.MX, EXPECTED)
    if hosts:
        return _said(Verdict.FAIL, "dead", "None of the mail servers in the MX records exists", found)
    return _said(Verdict.FAIL, "none", "The domain takes no mail: it has no MX record, so no reply arrives")


def _said(verdict: Verdict, code: str, sentence: str, found: tuple[str, ...] = ()) -> CheckResult:
    return CheckResult(
        check=Check.MX, verdict=verdict, code=code, sentence=sentence, expected=EXPECTED, found=found
    )
