"""What a person reads on the page of a connection test: its words in order, and the buttons that offer a fix."""

from html.parser import HTMLParser


class Reading(HTMLParser):
    """`text` is everything visible (and what a screen reader adds), blanks run together; `fixes` maps key to label."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.fixes: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self._words: list[str] = []
        self._fix = self._link = self._hidden = ""
        self.feed(html)
        self.close()
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in {"script", "style", "noscript", "title"}:
            self._hidden = tag
        if tag == "button" and given.get("name") == "fix":
            self._fix = given["value"]
        if tag == "a":
            self._link = given.get("href") or ""

    def handle_endtag(self, tag):
        if tag == self._hidden:
            self._hidden = ""
        if tag == "button":
            self._fix = ""
        if tag == "a":
            self._link = ""

    def handle_data(self, data):
        if self._hidden:
            return
        self._words.append(data)
        label = " ".join(data.split())
        if label and self._fix:
            self.fixes[self._fix] = label
        if label and self._link:
            self.links[label] = self._link

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def __repr__(self) -> str:
        return self.text
