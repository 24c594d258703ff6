"""Texts that break programs: ours, those of the corpora where they lie beside the checkout, and mixtures of both."""

import json
import random
from pathlib import Path

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
NUMBERS = (
    "0",
    "-1",
    "1e9",
    "2147483648",
    "9223372036854775808",
    "9" * 400,
    "NaN",
    "٣",
    "0x10",
    "1_0",
    "+1",
    "1.0",
    "",
)
MARKUP = (
    "<script src=//a.example></script>",
    "<svg/onload=a()>",
    "\"><img src=x onerror='a()'>",
    "' autofocus onfocus=a() x='",
    "</title></textarea></script><script>a()</script>",
    "<!--",
    "--><iframe srcdoc='<b>'>",
    "javascript:a()",
    "data:text/html,<script>a()</script>",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "&#60;script&#62;&lt;b&gt;&amp;amp;",
    "<a hx-get=/logout hx-trigger=load>",
    "<meta http-equiv=refresh content=0;url=//a.example>",
    "<base href=//a.example>",
    "]]><x:script xmlns:x='http://www.w3.org/1999/xhtml'>",
)
QUERIES = (
    "' OR '1'='1",
    "1; DROP TABLE workspace --",
    "') UNION SELECT * FROM user_account --",
    '" OR ""="',
    "%' ESCAPE '!' --",
    "\\'; SELECT pg_sleep(5); --",
    "1/**/AND/**/1=1",
    "%_%_%",
    '{"$gt": ""}',
    "*)(uid=*))(|(uid=*",
)
PLACES = (
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "....//....//keys/instance.key",
    "\\\\a.example\\share",
    "//a.example/",
    "/\\a.example",
    "https://a.example/?",
    "http://[::1",
    "http://127.0.0.1:99999/",
    "file:///etc/passwd",
    "/%00/",
    "a" * 5000,
    ".",
    "%",
    "%zz",
    "%c0%ae%c0%ae/",
    ";/a=b",
)
BYTES = (
    "\0",
    "a\0b",
    "\r\nSet-Cookie: a=b",
    "\nLocation: //a.example",
    "%0d%0aX-Planted: yes",
    "\x7f\x80\xff",
    "\ud800",
    "\ufeff\ufffe\uffff",
    "\u202eevil\u2066",
    "\u2028\u2029\x0b\x0c\x85",
    "İıſKß",
    "🏴\U000e0067\U000e007f",
    "Z" + "\u0300" * 300,
    "﷽" * 500,
    "$(sleep 5)`id`|cat",
    "() { :; }; echo",
    "=1+1|'cmd'!A1",
    "%s%n%x%p{0}{a.__class__}",
    "__proto__[a]=b",
    "null",
    "[]",
    "true",
)
OWN = NUMBERS + MARKUP + QUERIES + PLACES + BYTES


def corpus() -> list[str]:
    """The texts of the corpora: naughty strings, and the first lines of malformed mails. Empty in a lone clone."""
    naughty = CORPORA / "naughty-strings" / "blns.json"
    texts = json.loads(naughty.read_text(encoding="utf-8")) if naughty.exists() else []
    for mail in sorted(CORPORA.glob("mikel-mail/emails/**/*.eml")):
        texts += mail.read_text(encoding="latin-1").splitlines()[:20]
    return [text for text in texts if text]


class Payloads:
    """An endless supply; the same seed gives the same texts."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._known = [*OWN, *corpus()]

    def next(self, mark: str) -> str:
        """A text, often with markup that carries the mark, so that it is found wherever it gets."""
        text = self._chance.choice(OWN if self._chance.random() < 0.4 else self._known)
        match self._chance.randrange(8):
            case 0:
                text += self._chance.choice(self._known)
            case 1:
                text = text[: self._chance.randrange(1, 40)] * self._chance.choice((2, 50, 400))
            case 2:
                text = "".join(
                    chr(self._chance.randrange(0x110000)) for _ in range(self._chance.randrange(1, 60))
                )
            case 3:
                at = self._chance.randrange(len(text) + 1)
                text = text[:at] + self._chance.choice(BYTES) + text[at:]
            case _:
                pass
        ending = self._chance.choice(("", "", f"<{mark}>", f'"{mark}="', f"'{mark}='", f"</{mark}>", mark))
        return text[:20_000] + ending
