"""The words of an HTML mail as plain text: lines where blocks are, ">" before what is quoted, nothing that is hidden."""

import re
from html import unescape

MOST = 512 * 1024  # characters of HTML that are read for their words
_TOKEN = re.compile(
    r"<!--.{0,20000}?-->|<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})([^<>]{0,4000})>|[^<]+|<", re.DOTALL
)
_NEW_LINE = {
    "br",
    "div",
    "p",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "pre",
    "blockquote",
}
_APART = {"p", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"}
_HIDDEN = {"style", "script", "head", "title", "template", "noscript"}
_QUOTES_START = re.compile(
    r"gmail_quote|moz-cite-prefix|yahoo_quoted|divRplyFwdMsg|appendonsend|OLK_SRC_BODY|protonmail_quote",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
QUOTED_FROM_HERE = "\n_________________________________\n"  # as Outlook separates what it quotes


class _Writer:
    """The text so far, and how deep in quotes and in hidden elements it stands."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = [[]]
        self.depths: list[int] = [0]
        self.quoted = 0
        self.hidden: str | None = None
        self.has_quote_mark = False

    def text(self, words: str) -> None:
        words = _BLANKS.sub(" ", unescape(words))
        if words.strip() or (words and self.lines[-1]):
            self.lines[-1].append(words)

    def new_line(self) -> None:
        if self.lines[-1]:
            self.lines.append([])
            self.depths.append(self.quoted)
        self.depths[-1] = self.quoted

    def blank_line(self) -> None:
        self.new_line()
        if len(self.lines) > 1 and self.lines[-2]:
            self.lines.append([])
            self.depths.append(self.quoted)

    def result(self) -> str:
        shown = []
        for words, depth in zip(self.lines, self.depths, strict=True):
            line = "".join(words).strip()
            shown.append(f"{'>' * depth} {line}".rstrip() if depth else line)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(shown)).strip()


def text_of(html: str) -> str:
    """What a person would read, in time that grows with the length alone."""
    writer = _Writer()
    for token in _TOKEN.finditer(html[:MOST]):
        name = (token[2] or "").lower()
        if not name:
            if writer.hidden is None and not token[0].startswith("<!--"):
                writer.text(token[0])
        elif writer.hidden is not None:
            if token[1] and name == writer.hidden:
                writer.hidden = None
        elif name in _HIDDEN and not token[1] and not token[3].endswith("/"):
            writer.hidden = name
        else:
            _element(writer, name, token[3], is_end=bool(token[1]))
    return writer.result()


def _element(writer: _Writer, name: str, attributes: str, *, is_end: bool) -> None:
    if not is_end and not writer.has_quote_mark and _QUOTES_START.search(attributes):
        writer.has_quote_mark = True
    if name == "blockquote":
        writer.blank_line()
        writer.quoted = max(0, writer.quoted - 1) if is_end else min(writer.quoted + 1, 20)
        writer.depths[-1] = writer.quoted
    elif name in _APART and not is_end:
        writer.blank_line()
    elif name in _NEW_LINE:
        writer.new_line() if name != "br" else _break(writer)


def _break(writer: _Writer) -> None:
    writer.lines.append([])
    writer.depths.append(writer.quoted)
