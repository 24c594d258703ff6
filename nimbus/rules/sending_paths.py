"""By which servers a domain's mail leaves, as its inboxes tell: whom SPF has to name, and which DKIM keys to look for."""

from collections.abc import Iterable
from dataclasses import dataclass

from nimbus.rules.dns_answers import IPAddress, is_below
from nimbus.rules.providers import Provider


@dataclass(frozen=True, slots=True)
class Path:
    """A way out: what the record has to include, one of these, or the addresses that it has to name."""

    name: str
    includes: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    addresses: tuple[IPAddress, ...] = ()

    @property
    def term(self) -> str:
        """What stands in the record for this way."""
        if self.includes:
            return f"include:{self.includes[0]}"
        return " ".join(f"ip{address.version}:{address}" for address in self.addresses)


GOOGLE = Path("Google", ("_spf.google.com",), ("google",))
MICROSOFT = Path("Microsoft", ("spf.protection.outlook.com",), ("selector1", "selector2"))
ZOHO = Path("Zoho", ("zohomail.com", "zoho.com", "one.zoho.com"), ("zoho", "zmail"))
FASTMAIL = Path("Fastmail", ("spf.messagingengine.com",), ("fm1", "fm2", "fm3"))

_OF_PROVIDER = {Provider.GMAIL: GOOGLE, Provider.MICROSOFT: MICROSOFT}
_OF_HOST = {
    "gmail.com": GOOGLE,
    "google.com": GOOGLE,
    "office365.com": MICROSOFT,
    "outlook.com": MICROSOFT,
    "zoho.com": ZOHO,
    "zoho.eu": ZOHO,
    "fastmail.com": FASTMAIL,
}
# Tried where nothing is known of the sender; a key that is not found this way may well be there.
USUAL_SELECTORS = ("default", "dkim", "mail", "s1", "s2", "k1", "smtp", "mx")


def path_of(provider: Provider, smtp_host: str | None) -> Path | None:
    """The way out of an inbox; None where its server is none that we know by name."""
    if provider in _OF_PROVIDER:
        return _OF_PROVIDER[provider]
    host = (smtp_host or "").lower().rstrip(".")
    return next((path for domain, path in _OF_HOST.items() if is_below(host, domain)), None)


def is_own_host(smtp_host: str, domain: str, organisation: str) -> bool:
    """Whether a mail server belongs to the domain, so that the reputation of its addresses is the domain's own."""
    return is_below(smtp_host, domain) or is_below(smtp_host, organisation)


def selectors_to_try(paths: Iterable[Path], observed: Iterable[str]) -> tuple[str, ...]:
    """Which DKIM selectors to ask for: those seen on the domain's own mail first, then those of its paths, then guesses."""
    of_paths = [selector for path in paths for selector in path.selectors]
    return tuple(dict.fromkeys([*observed, *of_paths, *USUAL_SELECTORS]))
