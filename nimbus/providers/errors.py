"""What providers raise when something fails, and how a server's words are made safe to show."""

import base64
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime

from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg, Step
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.send_answer_kinds import Category, Stage

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


class SendRefused(Exception):
    """A message was certainly not taken: refused at a stage, or the connection failed before its body left.

    answer: "550 5.1.1 text" on one line, empty when no answer came; line: as a page shows it; category: set where no
    server had to be asked; failure: what opening the connection failed at, as a connection test would explain it;
    stale: a connection that had carried messages before was over, so a new one may be tried at once;
    retry_after: the moment before which the provider takes nothing, where it named one; ending: what has become of the
    inbox's sign-in, where that is what was refused.
    """

    def __init__(  # the three that every refusal has, then what few have
        self,
        stage: Stage,
        answer: str,
        line: str,
        *,
        category: Category | None = None,
        failure: ProviderError | None = None,
        stale: bool = False,
        retry_after: datetime | None = None,
        ending: GrantEnding | None = None,
    ) -> None:
        super().__init__(f"{stage}: {line or 'no answer'}")
        self.stage = stage
        self.answer = answer
        self.line = line
        self.category = category
        self.failure = failure
        self.stale = stale
        self.retry_after = retry_after
        self.ending = ending


class DeliveryUnknown(Exception):
    """The body may have left and the server did not say whether it took it; sending again might double it.

    line: the server's words, if there were any that make no sense; sentence: what happened instead of an answer.
    """

    def __init__(self, line: str, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


class StoppedBeforeBody(Exception):
    """Whoever sends took the message back at the last moment; nothing of it has left."""


class CursorLost(Exception):
    """A provider does not remember so far back any more: the folder has to be read anew."""


class GrantRefused(Exception):
    """A provider gave no tokens, or would not have them, or nobody could ask it: `ending` says which.

    line: its own words, safe to show; detail: `code`, its number or name for this, and `reference`, what its support
    asks for, each only where there is one.
    """

    def __init__(
        self, ending: GrantEnding, line: str = "", *, detail: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(str(ending))
        self.ending = ending
        self.line = line
        self.detail: Mapping[str, str] = dict(detail or {})


class Secrets:
    """What must be struck out of anything a server says: each secret as it is and in base64."""

    def __init__(self, *secrets: str) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(*secrets)

    def __repr__(self) -> str:
        return f"<{len(self._forms)} forms of secrets>"

    def add(self, *secrets: str) -> None:
        """Hide these as well; an empty one is nothing to hide."""
        for secret in filter(None, secrets):
            self._forms |= {secret, base64.b64encode(secret.encode()).decode()}
        self._pattern = None

    def strike_out(self, text: str) -> str:
        """The text with dots for every secret; a very short one is only found where it stands alone."""
        if not any(form in text for form in self._forms):
            return text
        if self._pattern is None:  # rarely needed, and dear to make
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(_wherever, longest_first)))
        return self._pattern.sub(STRUCK_OUT, text)


_NOTHING = Secrets()


def safe_line(raw: bytes | str, secrets: Secrets = _NOTHING) -> str:
    """One printable line of at most 200 characters: what a server said, its code once, secrets struck out."""
    shown = one_line(raw, secrets)
    return shown if len(shown) <= MAX_LINE else shown[: MAX_LINE - 1] + "…"


def one_line(raw: bytes | str, secrets: Secrets = _NOTHING) -> str:
    """A reply of any length as one printable line, as safe_line() without its limit."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    lines = [printable(line) for line in secrets.strike_out(text).splitlines()]
    return " ".join(_without_repeated_codes([line for line in lines if line]))


def printable(text: str) -> str:
    """The text without control, direction-changing and other invisible characters, blanks run together."""
    text = text.strip("\r\n")
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join(text.split())


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
