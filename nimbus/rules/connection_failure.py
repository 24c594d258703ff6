"""Why a connection test failed, in words a person can act on."""

from collections.abc import Mapping

from nimbus.rules.connection_failure_fixes import fixes_for
from nimbus.rules.connection_failure_kinds import Attempted, Explanation, FailureCode, Fix
from nimbus.rules.connection_failure_texts import APP_PASSWORD_HINTS, SECURITY_WORDS, WORDS
from nimbus.rules.connection_test import DEFAULT_PORTS, Leg, Security
from nimbus.rules.mail_hosts import mail_host

__all__ = ["Attempted", "Explanation", "FailureCode", "Fix", "explain"]

FOLDERS_NAMED = 12  # in the sentence; the page lists them all


def explain(code: FailureCode, attempted: Attempted, detail: Mapping[str, str] | None = None) -> Explanation:
    """Title, sentence, advice and fixes for this failure; `detail` is what ProviderError carries."""
    known = detail or {}
    words = WORDS.get(f"{code}.{_kind(code, attempted, known)}") or WORDS[code]
    values = _values(attempted, known)
    return Explanation(
        title=words.title,
        sentence=words.sentence.format_map(values),
        advice=words.advice.format_map(values).strip(),
        fixes=tuple(fixes_for(code, attempted, known)),
    )


def _kind(code: FailureCode, attempted: Attempted, detail: Mapping[str, str]) -> str:
    if code is FailureCode.USE_OAUTH:
        return mail_host(attempted.host)
    return detail.get("kind", "")


def _values(attempted: Attempted, detail: Mapping[str, str]) -> dict[str, str | int]:
    suggestion, folders, reference, limit = (
        detail.get(key, "") for key in ("suggestion", "folders", "reference", "limit")
    )
    return {
        "host": attempted.host,
        "port": attempted.port,
        "server": f"{attempted.host}:{attempted.port}",
        "step_seconds": f"{attempted.step_seconds:g}",
        "reply_seconds": f"{attempted.reply_seconds:g}",
        "ssl_port": DEFAULT_PORTS[attempted.leg][Security.SSL],
        "a_server": "an SMTP server" if attempted.leg is Leg.SMTP else "an IMAP server",
        "chosen": SECURITY_WORDS[attempted.security],
        "versions": detail.get("versions", "1.2 and 1.3"),
        "names": detail.get("names") or "another name",
        "sender": attempted.sender or "this address",
        "folder": attempted.folder,
        "folders_found": f" Folders found: {_listed(folders.splitlines())}." if folders else "",
        "did_you_mean": f" Did you mean {suggestion}?" if suggestion else "",
        "reference": f" Reference {reference}." if reference else "",
        "limit": f" ({limit})" if limit else "",
        "app_password_hint": APP_PASSWORD_HINTS[mail_host(attempted.host)],
    }


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:FOLDERS_NAMED])
    return f"{shown} and {len(names) - FOLDERS_NAMED} more" if len(names) > FOLDERS_NAMED else shown
