"""Sending domains in every state that a check can find them in: good ones, and each thing that can be wrong.

A domain here is a change to a good one. Each has the verdicts that differ from the good domain's.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import NamedTuple

from nimbus.rules.blocklists import LISTS, Subject


def rsa_key(bits: int) -> str:
    """A key record whose modulus has that length; nobody could sign with it, and nobody needs to."""
    modulus = b"\x00" + ((1 << (bits - 1)) | 1).to_bytes(bits // 8, "big")
    inner = b"\x02" + _length(len(modulus)) + modulus + b"\x02\x03\x01\x00\x01"
    return f"v=DKIM1; k=rsa; p={base64.b64encode(b'0' + _length(len(inner)) + inner).decode()}"


def _length(number: int) -> bytes:
    return bytes([0x82]) + number.to_bytes(2, "big")


class Domain(NamedTuple):
    """A domain's records, by the name before its own ("" is the domain itself) and type; and what a check says."""

    name: str
    records: dict[tuple[str, str], list[str]]
    verdicts: dict[str, str]  # check: "verdict code"


SPF, DMARC, DKIM = ("", "TXT"), ("_dmarc", "TXT"), ("google._domainkey", "TXT")
GOOD: dict[tuple[str, str], list[str]] = {
    ("", "MX"): ["10 mx.acme.test."],
    SPF: ["v=spf1 include:_spf.google.com ~all", "google-site-verification=abc"],
    DMARC: ["v=DMARC1; p=reject; rua=mailto:dmarc@{name}"],
    DKIM: [rsa_key(2048)],
}
FINE = {
    "mx": "pass found",
    "spf": "pass found",
    "dkim": "pass found",
    "dmarc": "pass found",
    "alignment": "pass inferred",
}
_ED25519 = f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(32)).decode()}"


def _many(prefix: str, number: int, end: str = "~all") -> str:
    return " ".join(
        ["v=spf1 include:_spf.google.com", *(f"include:{prefix}{n}.spf.test" for n in range(number - 1)), end]
    )


def _padding(texts: int) -> list[str]:
    return [f"{number:0250}" for number in range(texts)]


def _changed(name: str, changes: dict[tuple[str, str], list[str] | None], **verdicts: str) -> Domain:
    records = {place: texts for place, texts in (GOOD | changes).items() if texts is not None}
    return Domain(name, records, FINE | verdicts)


def _spf(name: str, *texts: str, said: str, **verdicts: str) -> Domain:
    return _changed(f"{name}.test", {SPF: list(texts) or None}, spf=said, **verdicts)


def _dmarc(name: str, *texts: str, said: str) -> Domain:
    return _changed(f"{name}.test", {DMARC: list(texts) or None}, dmarc=said)


def _dkim(name: str, text: str | None, said: str) -> Domain:
    return _changed(f"{name}.test", {DKIM: [text] if text else None}, dkim=said)


def _mx(name: str, changes: dict[tuple[str, str], list[str] | None], said: str, **verdicts: str) -> Domain:
    return _changed(f"{name}.test", changes, mx=said, **verdicts)


_DEAD = dict.fromkeys(GOOD)
DOMAINS = (
    _changed("ok.test", {}),
    _mx("no-mx", {("", "MX"): None}, "fail none"),
    _mx("implicit-mx", {("", "MX"): None, ("", "A"): ["192.0.2.8"]}, "pass implicit"),
    _mx("null-mx", {("", "MX"): ["0 ."]}, "fail null"),
    _mx("dead-mx", {("", "MX"): ["10 gone.acme.test."]}, "fail dead"),
    _mx("second-mx", {("", "MX"): ["5 gone.acme.test.", "10 mx.acme.test."]}, "pass found"),
    _mx("alias-mx", {("", "MX"): ["10 alias.acme.test."]}, "pass found"),
    _mx("control-mx", {("", "MX"): ["10 a\\010b\\060i.acme.test."]}, "fail dead"),
    _mx(
        "gone",
        _DEAD,
        "fail no_domain",
        spf="fail none",
        dkim="unknown not_found",
        dmarc="fail none",
        alignment="unknown not_seen",
    ),
    _spf("no-spf", said="fail none"),
    _spf("two-spf", "v=spf1 include:_spf.google.com ~all", "v=spf1 -all", said="fail two_records"),
    _spf("plus-all", "v=spf1 include:_spf.google.com +all", said="fail allows_all"),
    _spf("bare-all", "v=spf1 all", said="fail allows_all"),
    _spf("neutral", "v=spf1 include:_spf.google.com ?all", said="warn weak"),
    _spf("endless", "v=spf1 include:_spf.google.com", said="warn no_end"),
    _spf("hard", "v=spf1 include:_spf.google.com -all", said="pass found"),
    _spf("typo", "v=spf1 inclde:_spf.google.com ~all", said="fail syntax"),
    _spf("bad-network", "v=spf1 ip4:192.0.2.300 ~all", said="fail syntax"),
    _spf("no-path", "v=spf1 ip4:192.0.2.0/24 ~all", said="warn path_missing"),
    _spf("spf-8", _many("ok", 8), said="pass found"),
    _spf("spf-9", _many("ok", 9), said="warn near_limit"),
    _spf("spf-10", _many("ok", 10), said="warn near_limit"),
    _spf("spf-11", _many("ok", 11), said="fail too_many_lookups"),
    _spf("spf-deep", "v=spf1 include:deep0.spf.test ~all", said="fail too_many_lookups"),
    _spf("spf-loop", "v=spf1 include:loop.spf.test ~all", said="fail loop"),
    _spf("void-2", "v=spf1 include:_spf.google.com a:v1.test a:v2.test ~all", said="pass found"),
    _spf(
        "void-3",
        "v=spf1 include:_spf.google.com a:v1.test a:v2.test mx:v3.test ~all",
        said="fail too_many_void",
    ),
    _spf(
        "empty-include", "v=spf1 include:_spf.google.com include:nothing.test ~all", said="fail empty_include"
    ),
    _spf("redirect", "v=spf1 redirect=_spf.google.com", said="pass found"),
    _spf("wide-mx", "v=spf1 include:_spf.google.com mx:eleven.spf.test ~all", said="fail too_many_hosts"),
    _spf("macro", "v=spf1 include:_spf.google.com exists:%{i}.x.test ~all", said="pass found"),
    _spf("split", '"v=spf1 include:_spf.goo" "gle.com ~all"', said="pass found"),
    _spf("html", "v=spf1 <script>alert(1)</script> ~all", said="fail syntax"),
    _spf("control", r'"v=spf1 \001\027[31m ~all"', said="fail syntax"),
    _spf("long", "v=spf1 include:_spf.google.com ~all", *_padding(20), said="pass found"),  # too long for UDP
    _spf("sixty-kilobytes", "v=spf1 include:_spf.google.com ~all", *_padding(230), said="pass found"),
    _spf("upper", "V=SPF1 INCLUDE:_SPF.GOOGLE.COM ~ALL", said="pass found"),
    _spf(
        "spf-servfail",
        "v=spf1 include:_spf.google.com include:spf.servfail.test ~all",
        said="unknown no_answer",
    ),
    _spf(
        "spf-timeout",
        "v=spf1 include:_spf.google.com include:spf.timeout.test ~all",
        said="unknown no_answer",
    ),
    _dkim("no-dkim", None, "unknown not_found"),
    _dkim("dkim-1024", rsa_key(1024), "warn short"),
    _dkim("dkim-512", rsa_key(512), "fail weak"),
    _dkim("dkim-4096", rsa_key(4096), "pass found"),
    _dkim("dkim-ed25519", _ED25519, "pass found"),
    _dkim("dkim-revoked", "v=DKIM1; k=rsa; p=", "fail revoked"),
    _dkim("dkim-broken", "v=DKIM1; k=rsa; p=MIIB", "fail unreadable"),
    _dkim("dkim-test", f"{_ED25519}; t=y", "warn test_mode"),
    _dkim("dkim-other", f"{_ED25519}; s=tlsrpt", "fail other_use"),
    _changed("dkim-alias.test", {DKIM: None, ("google._domainkey", "CNAME"): ["google._domainkey.ok.test."]}),
    _changed(
        "dkim-loop.test",
        {DKIM: None, ("google._domainkey", "CNAME"): ["google._domainkey.dkim-loop.test."]},
        dkim="unknown no_answer",
    ),
    _changed(
        "dkim-chain.test",
        {DKIM: None, ("google._domainkey", "CNAME"): ["link0.chain.test."]},
        dkim="unknown no_answer",
    ),
    _changed("wildcard.test", {DKIM: None, ("*", "TXT"): ["v=spf1 -all"]}, dkim="unknown not_found"),
    _dmarc("no-dmarc", said="fail none"),
    _dmarc("two-dmarc", "v=DMARC1; p=none", "v=DMARC1; p=reject", said="fail two_records"),
    _dmarc("dmarc-none", "v=DMARC1; p=none; rua=mailto:d@dmarc-none.test", said="warn policy_none"),
    _dmarc("dmarc-mute", "v=DMARC1; p=reject", said="warn no_reports"),
    _dmarc("dmarc-bare", "v=DMARC1; rua=mailto:d@dmarc-bare.test", said="warn no_policy"),
    _dmarc("dmarc-t", "v=DMARC1; p=reject; t=y; rua=mailto:d@dmarc-t.test", said="warn test_mode"),
    _dmarc("dmarc-typo", "v=DMARC1; p=rejct", said="fail syntax"),
    _dmarc("dmarc-case", "v=dmarc1; p=reject", said="fail none"),
    _dmarc("dmarc-pct", "v=DMARC1; p=reject; pct=50; rua=mailto:d@dmarc-pct.test", said="pass found"),
    _dmarc("dmarc-away", "v=DMARC1; p=reject; rua=mailto:d@unwilling.test", said="warn reports_refused"),
    _dmarc("dmarc-taken", "v=DMARC1; p=reject; rua=mailto:d@willing.test", said="pass found"),
    _changed("sub.tree.test", {DMARC: None}, dmarc="pass found"),
    _changed("a.b.c.d.e.f.g.tree.test", {DMARC: None}, dmarc="pass found"),
    _changed("sub.lax.test", {DMARC: None}, dmarc="warn policy_none"),
    _changed("sub.psd.test", {DMARC: None}, dmarc="pass found"),
    _changed("sub.own.test", {DMARC: ["v=DMARC1; p=quarantine; psd=n; rua=mailto:d@sub.own.test"]}),
    Domain(
        "x.servfail.test",
        {},
        dict.fromkeys(("mx", "spf", "dkim", "dmarc"), "unknown no_answer")
        | {"alignment": "unknown not_seen"},
    ),
    Domain(
        "x.timeout.test",
        {},
        dict.fromkeys(("mx", "spf", "dkim", "dmarc"), "unknown no_answer")
        | {"alignment": "unknown not_seen"},
    ),
)
ORGANISATIONS = {
    "ok.test": "ok.test",
    "no-dmarc.test": "no-dmarc.test",
    "sub.tree.test": "tree.test",
    "a.b.c.d.e.f.g.tree.test": "tree.test",
    "sub.psd.test": "sub.psd.test",
    "sub.own.test": "sub.own.test",
}
FAULTY = ("servfail.test", "timeout.test", "bl.spamcop.net", "psbl.surriel.com")
_SHARED = f"""
mx.acme.test. A 192.0.2.25
alias.acme.test. CNAME further.acme.test.
further.acme.test. CNAME mx.acme.test.
_spf.google.com. TXT "v=spf1 ip4:192.0.2.0/24 ~all"
loop.spf.test. TXT "v=spf1 include:back.spf.test ~all"
back.spf.test. TXT "v=spf1 include:loop.spf.test ~all"
_dmarc.tree.test. TXT "v=DMARC1; p=reject; rua=mailto:d@tree.test"
_dmarc.lax.test. TXT "v=DMARC1; p=reject; sp=none; rua=mailto:d@lax.test"
_dmarc.psd.test. TXT "v=DMARC1; p=reject; psd=y; rua=mailto:d@psd.test"
unwilling.test. A 192.0.2.1
dmarc-taken.test._report._dmarc.willing.test. TXT "v=DMARC1"
{"".join(f'ok{n}.spf.test. TXT "v=spf1 ip4:198.51.100.{n} ~all"' + chr(10) for n in range(12))}
{"".join(f'deep{n}.spf.test. TXT "v=spf1 include:deep{n + 1}.spf.test ~all"' + chr(10) for n in range(40))}
{"".join(f"link{n}.chain.test. CNAME link{n + 1}.chain.test." + chr(10) for n in range(20))}
{"".join(f"eleven.spf.test. MX 10 m{n}.eleven.spf.test." + chr(10) for n in range(11))}
{"".join(f"m{n}.eleven.spf.test. A 198.51.100.{n}" + chr(10) for n in range(11))}
{"".join(f'huge.test. TXT "{n:0250}"' + chr(10) for n in range(235))}
"""
# A domain for each answer that a list may give: l127-0-1-2.test is on it with 127.0.1.2.
TEST_ANSWERS = {
    "spamhaus_dbl": "127.0.1.2",
    "spamhaus_zrd": "127.0.2.2",
    "surbl": "127.0.0.254",
    "uribl": "127.0.0.14",
}


def listed_name(code: str) -> str:
    """The domain, or for lists of addresses the address, that is listed with this answer."""
    return f"l{code.replace('.', '-')}.test"


def listed_address(code: str) -> str:
    """As above, for lists of addresses: 127.0.0.4 is the answer about 8.8.0.4, at which smtp.l127-0-0-4.test is."""
    return "8.8." + ".".join(code.split(".")[2:])


def zone_text(codes: Sequence[tuple[str, str]], domains: Sequence[Domain] = DOMAINS) -> str:
    """Everything, for the root zone. codes: the keys of lists, each with an answer that somebody gets from it."""
    lines = [
        f"{f'{place}.' if place else ''}{domain.name}. {kind} {_quoted(kind, text, domain.name)}"
        for domain in domains
        for (place, kind), texts in domain.records.items()
        for text in texts
    ]
    lines += [f"{each.listed}.{each.zone}. A {TEST_ANSWERS.get(each.key, '127.0.0.2')}" for each in LISTS]
    zones = {blocklist.key: blocklist for blocklist in LISTS}
    for key, code in codes:
        blocklist = zones[key]
        subject = listed_name(code)
        if blocklist.subject is Subject.ADDRESS:
            subject = ".".join(reversed(listed_address(code).split(".")))
            lines.append(f"smtp.{listed_name(code)}. A {listed_address(code)}")
        lines.append(f"{subject}.{blocklist.zone}. A {code}")
    return "\n".join([_SHARED, *dict.fromkeys(lines), ""])


def _quoted(kind: str, text: str, name: str) -> str:
    if kind != "TXT" or text.startswith('"'):
        return text
    text = text.replace("{name}", name)
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))
