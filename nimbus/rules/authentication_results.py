"""Reading the header by which a receiver says whether a message passed SPF, DKIM and DMARC (RFC 8601).

Anybody can write such a header. Only the topmost counts, and only in a mailbox whose provider is known to write it.
"""

import re
from dataclasses import dataclass

from nimbus.rules.mail_hosts import MailHost, mail_host

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(
    r"(?P<method>dkim|spf|dmarc)\s*=\s*(?P<result>[a-z]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_PROPERTY = re.compile(r"(?P<name>(?:header|smtp)\.[a-z]+)\s*=\s*\"?(?P<value>[^\s;\"]+)", re.IGNORECASE)
# By which name a provider's servers sign the header (`providers.md` 6.3); Microsoft's give none.
_NAMED_AS = {MailHost.GOOGLE: "mx.google.com", MailHost.MICROSOFT: None}
_JUDGED = frozenset(
    {"pass", "fail"}
)  # "none" also stands where nothing was looked at, as within one organisation
_MOST = 8192  # characters; a receiver writes a few hundred


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResults:
    """What the receiver found. Domains and selectors are those of signatures that passed; "none" where it is silent."""

    dmarc: str = "none"
    spf: str = "none"
    dkim_domains: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    header_from: str = ""


def read_results(header: str, authserv_id: str | None) -> ReadResults | None:
    """What the topmost header says; None unless it is by this server. Microsoft's names none: give None for that."""
    if len(header) > _MOST:
        return None
    text = " ".join(header.split())
    while _COMMENT.search(text):
        text = _COMMENT.sub(" ", text)
    first, *parts = [part.strip() for part in text.split(";")]
    if authserv_id is None:
        parts = [first, *parts]
    elif first.partition(" ")[0].lower() != authserv_id.lower():
        return None
    results = [match for part in parts if (match := _RESULT.fullmatch(part))]
    if not results or (authserv_id is None and not _RESULT.fullmatch(first)):
        return None
    return _read(results)


def read_at(header: str, imap_host: str) -> ReadResults | None:
    """What the provider of a mailbox found, which judged DMARC; None where its headers are not known, or it did not judge.

    A mail server of one's own judges what its own users hand in, which says nothing of what others will see.
    """
    host = mail_host(imap_host)
    if host not in _NAMED_AS:
        return None
    seen = read_results(header, _NAMED_AS[host])
    return seen if seen is not None and seen.dmarc in _JUDGED else None


def _read(results: list[re.Match[str]]) -> ReadResults:
    said = {"dmarc": "none", "spf": "none"}
    domains: list[str] = []
    selectors: list[str] = []
    header_from = ""
    for match in results:
        method, result = match["method"].lower(), match["result"].lower()
        properties = {each["name"].lower(): each["value"] for each in _PROPERTY.finditer(match["rest"])}
        if method == "dkim" and result == "pass":
            signer = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
            domains.append(signer.lower())
            selectors += [properties["header.s"]] if "header.s" in properties else []
        elif method in said:
            said[method] = result
        header_from = properties.get("header.from", header_from).lower()
    return ReadResults(
        dmarc=said["dmarc"],
        spf=said["spf"],
        dkim_domains=tuple(domains),
        selectors=tuple(selectors),
        header_from=header_from.rpartition("@")[2],
    )
