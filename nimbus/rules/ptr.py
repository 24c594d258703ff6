"""Whether a mail server's address has a name that leads back to it; receivers ask that of who delivers directly."""

from collections.abc import Sequence

from nimbus.rules.dns_answers import Asking, IPAddress, Kind, Question, addresses_of
from nimbus.rules.verdicts import Check, CheckResult, Verdict, silent

_LOOKED_AT = 5  # names of one address


def check_ptr(addresses: Sequence[IPAddress]) -> Asking[CheckResult]:
    """Check every address that is the domain's own; without any there is nothing to check."""
    if not addresses:
        sentence = "Mail leaves through the provider's servers, whose names are the provider's matter"
        return CheckResult(
            check=Check.PTR, verdict=Verdict.UNKNOWN, code="not_own", sentence=sentence, applies=False
        )
    found: list[str] = []
    is_unsure = False
    for address in addresses:
        name = yield from _confirmed_name(address)
        if name is None:
            is_unsure = True
        elif not name:
            return _said(Verdict.FAIL, f"{address} has no name that leads back to it", found)
        else:
            found.append(f"{address}: {name}")
    if is_unsure:
        return silent(Check.PTR, _EXPECTED)
    return _said(Verdict.PASS, "Each address of the mail server has a name that leads back to it", found)


_EXPECTED = "A PTR record for the address, and an address record of that name that leads back to it"


def _confirmed_name(address: IPAddress) -> Asking[str | None]:
    """The name that leads back to an address; empty where there is none, None where the name servers did not say."""
    (answer,) = yield (Question(address.reverse_pointer, Kind.PTR),)
    is_unsure = answer.is_unknown
    for record in answer.records[:_LOOKED_AT]:
        name = record.lower().rstrip(".")
        addresses, is_partial = yield from addresses_of(name)
        if address in addresses:
            return name
        is_unsure |= is_partial
    return None if is_unsure else ""


def _said(verdict: Verdict, sentence: str, found: Sequence[str]) -> CheckResult:
    code = "confirmed" if verdict is Verdict.PASS else "not_confirmed"
    return CheckResult(
        check=Check.PTR, verdict=verdict, code=code, sentence=sentence, expected=_EXPECTED, found=tuple(found)
    )
