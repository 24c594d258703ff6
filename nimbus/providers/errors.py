"""The one exception that providers raise, and how a server's words are made safe to show."""

import base64
import re
import unicodedata
from collections.abc import Iterable, Mapping

from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg, Step

MAX_LINE = 200  # characters of a server's answer that a page shows
STRUCK_OUT = "••••"
SHORT_SECRET = 4  # a secret shorter than this is only struck out where it stands alone


class ProviderError(Exception):
    """A leg failed at a step; `permanent` says that the same try will fail again."""

    def __init__(
        self,
        code: FailureCode,
        *,
        leg: Leg,
        step: Step,
        permanent: bool,
        server_line: str = "",
        detail: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{leg} {step}: {code}")
        self.code = code
        self.leg = leg
        self.step = step
        self.permanent = permanent
        self.server_line = server_line
        self.detail: Mapping[str, str] = dict(detail or {})


def safe_line(raw: bytes | str, secrets: re.Pattern[str] | None = None) -> str:
    """One printable line of at most 200 characters: what a server said, its code once, secrets struck out."""
    shown = one_line(raw, secrets)
    return shown if len(shown) <= MAX_LINE else shown[: MAX_LINE - 1] + "…"


def one_line(raw: bytes | str, secrets: re.Pattern[str] | None = None) -> str:
    """A reply of any length as one printable line, as safe_line() without its limit."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    lines = [printable(line) for line in strike_out(text, secrets).splitlines()]
    return " ".join(_without_repeated_codes([line for line in lines if line]))


def printable(text: str) -> str:
    """The text without control, direction-changing and other invisible characters, blanks run together."""
    text = text.strip("\r\n")
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(text.split())


def secrets_pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """A pattern that finds each secret, as it is and in base64; a very short one only where it stands alone."""
    forms = {
        form for secret in secrets if secret for form in (secret, base64.b64encode(secret.encode()).decode())
    }
    return re.compile("|".join(map(_wherever, sorted(forms, key=len, reverse=True)))) if forms else None


def strike_out(text: str, secrets: re.Pattern[str] | None) -> str:
    """The text with dots for every secret."""
    return secrets.sub(STRUCK_OUT, text) if secrets else text


def _wherever(form: str) -> str:
    return re.escape(form) if len(form) >= SHORT_SECRET else rf"(?<!\w){re.escape(form)}(?!\w)"


_REPLY_CODE = re.compile(r"(\d{3})(?:[- ](\d\.\d{1,3}\.\d{1,3}))?(?:[- ]|$)")


def _without_repeated_codes(lines: list[str]) -> list[str]:
    """A multi-line SMTP reply repeats its code on every line; once is enough."""
    if not lines or not (first := _REPLY_CODE.match(lines[0])):
        return lines
    code, status = first.groups()
    repeated = re.compile(rf"{code}[- ]?(?:{re.escape(status)}\s*)?" if status else rf"{code}[- ]?")
    head = f"{code} {status or ''}".rstrip()
    rest = [lines[0][first.end() :], *(repeated.sub("", line, count=1) for line in lines[1:])]
    return [head, *(part.strip() for part in rest if part.strip())]
