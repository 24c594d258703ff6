"""The words of an HTML mail as plain text: lines where blocks are, ">" before what is quoted, nothing that is hidden."""

import re
from html import unescape

MOST = 256 * 1024  # characters of HTML that are read for their words
_TOKEN = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})([^<>]{0,4000})>|[^<]+|<")
_LINES = frozenset(
    {"div", "p", "tr", "li", "ul", "ol", "table", "hr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_APART = frozenset({"p", "ul", "ol", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN = ("style", "script", "head", "title", "template")
_DEEPEST = 20  # quotes in quotes that are still told apart
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")


class _Writer:
    """The text so far, line by line, each with how deep in quotes it stands."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = [[]]
        self.depths: list[int] = [0]
        self.quoted = 0

    def text(self, words: str) -> None:
        words = _BLANKS.sub(" ", unescape(words))
        if words != " " or self.lines[-1]:
            self.lines[-1].append(words)

    def new_line(self, *, is_certain: bool = False) -> None:
        if self.lines[-1] or is_certain:
            self.lines.append([])
            self.depths.append(self.quoted)
        self.depths[-1] = self.quoted

    def blank_line(self) -> None:
        self.new_line()
        if len(self.lines) > 1 and self.lines[-2]:
            self.new_line(is_certain=True)

    def quote(self, *, is_end: bool) -> None:
        self.quoted = max(0, self.quoted - 1) if is_end else min(self.quoted + 1, _DEEPEST)
        self.blank_line()

    def result(self) -> str:
        shown = []
        for words, depth in zip(self.lines, self.depths, strict=True):
            line = "".join(words).strip()
            shown.append(f"{'>' * depth} {line}".rstrip() if depth else line)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(shown)).strip()


def text_of(html: str) -> str:
    """What a person would read, in time that grows with the length alone."""
    writer, read = _Writer(), _without_comments(html[:MOST])
    last_end = {name: read.lower().rfind(f"</{name}") for name in _HIDDEN}
    hidden = ""
    for token in _TOKEN.finditer(read):
        name, is_end = (token[2] or "").lower(), bool(token[1])
        if hidden:
            hidden = "" if is_end and name == hidden else hidden
        elif not name:
            writer.text(token[0])
        elif name in last_end:
            hidden = name if not is_end and last_end[name] > token.start() else ""
        else:
            _element(writer, name, is_end=is_end)
    return writer.result()


def _element(writer: _Writer, name: str, *, is_end: bool) -> None:
    if name == "blockquote":
        writer.quote(is_end=is_end)
    elif name == "br":
        writer.new_line(is_certain=True)
    elif name in _APART and not is_end:
        writer.blank_line()
    elif name in _LINES:
        writer.new_line()


def _without_comments(html: str) -> str:
    kept, at = [], 0
    while (begins := html.find("<!--", at)) >= 0 and (ends := html.find("-->", begins + 4)) >= 0:
        kept.append(html[at:begins])
        at = ends + 3
    return "".join((*kept, html[at:]))
