"""Reading a report that was written for people: where what came back begins, who was not reached, and what a server said."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from nimbus.rules.bounce_words import DAEMON, DELAYED, GIVEN_UP, PHRASE
from nimbus.rules.parsed_mail import Failure

LONGEST = 16 * 1024  # characters of a report that are read; real ones say it in the first two thousand
_MOST_LINES, _LONGEST_LINE, MOST_FOUND = 300, 600, 20
_MOST_LOOKED_AT, _MOST_ADDED = 200, 20  # addresses; lines of an answer without a code
_SAYS_WHEN = 4000  # characters
_HALF = 1000  # in which a phrase may also run over the end of a line
_NAMES_A_MESSAGE = re.compile(r"\W*(?:x-)?(?:original-)?message-?id\b", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?<![\w.+%=/'-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,24}(?![\w@-])"
)
_BARE = re.compile(r"^[\s<>\[\]:;,.\"'()*=•·-]*$")
_LABEL = re.compile(
    r"^[\W\d]{0,6}(?:(?:final |original |failed |intended |invalid |bad )?(?:e-?mail )?(?:recipient|address|to|user|rcpt|mailbox|addressee)s?"
    r"(?: address| name)?|rcpt to|an|empfänger|destinataire|destinatario|para|收件人|宛先|получатель|кому)\W{0,4}(?:smtp:|rfc822;)?\s*$",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"rcpt to:? ?<?$", re.IGNORECASE)
_CODE = re.compile(
    r"(?<![\d.:/@#-])([45]\d\d)(?:[ -]#?[45]\.\d{1,3}\.\d{1,3}|[ -](?=[^\s\d])|(?=[:)\]]))(?!\d)"
    r"|(?<![\w.:])#?([45]\.[0-7]\.\d{1,3})(?![.\d])"
    r"|(?:(?<=(?:code|CODE|Code) :)|(?<=(?:code|CODE|Code): )|(?<=(?:code|CODE|Code)=)|(?<=rror: ))([45]\d\d)\b"
)
_ADVICE = re.compile(
    r"contact|write to|help|assist|support|question|e-?mail us|further information|forward|report (?:this|it)|abuse|administrator|reporting-mta|from:|sender|absender|expéditeur|remitente",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"\W*(?:subject|sent|date|betreff|gesendet|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|тема|件名|主题)\s*:",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"(?:recipient|address|user|mailbox|person)\(?e?s?\)?\W{0,4}$|(?:delivered|deliver|sent|send|reach\w*|message|mail|delivery) (?:to|for)\W{0,12}$|following|empfänger|destinataire|destinatario|адрес|получател|收件人|宛先",
    re.IGNORECASE,
)
_SURE, _LIKELY, _IN_A_SUMMARY = 4, 2, 1  # points; in a summary it is whom the message was for
_ENDS = re.compile(
    r"^[\W_]{0,8}(?:start of )?(?:-+ ?)?(?:(?:the )?(?:original|returned|undelivered|unsent|rejected|attached) (?:message|mail|e-?mail)(?: (?:follows?|header|text|body|attached|is)\b.*)?|below this line is .{0,40}|(?:this|here) is a copy of .{0,60}|message (?:header|text|body|content)s? follows?"
    r"|.{0,60}(?:original|your|returned) message(?: you sent)? follows?|.{0,30}start of returned message|your original message (?:is|was|follows).{0,40}|ursprüngliche nachricht|message original|mensaje original|messaggio originale|原始邮件|以下是.{0,10}邮件)[\W_]{0,40}$",
    re.IGNORECASE,
)
"""Lines after which nothing is the report's own."""
_FOLLOWS = re.compile(
    r"^[\W_]{0,60}.{0,60}(?:(?:copy|header|text|body|content|part)s? (?:of|from) (?:your|the|this) |original (?:message|mail|e-?mail|header|text)|(?:message|mail) header"
    r"|message (?:text|body|contents?) follow|(?:returned|undelivered|unsent|rejected|failed) (?:message|mail)|your (?:original )?message follows|included (?:message|below)"
    r"|ursprüngliche|kopf(?:zeilen)? der|message d.origine|mensaje original|mensagem original|messaggio originale|исходно|原(?:始)?邮件|元のメッセージ).{0,80}$",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^[>| \t]{0,4}(received|return-path|from|to|subject|date|message-id|mime-version|content-type|content-transfer-encoding|reply-to|cc|sender|dkim-signature|x-[\w-]{1,40}|user-agent|in-reply-to|references|arc-[\w-]{1,40}|authentication-results|delivered-to):",
    re.IGNORECASE,
)
_TELLING = frozenset(
    {"received", "return-path", "message-id", "mime-version", "dkim-signature", "delivered-to"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a report's words say. failures: whom it names; answer: a server's words about nobody by name.

    original: the headers of what came back, as they stand; recipients: to whom that went. likely: the address that is
    named most surely where none is sure.
    """

    failures: tuple[Failure, ...]
    answer: str
    action: str
    original: str
    recipients: tuple[str, ...]
    likely: str
    has_phrase: bool
    has_code: bool


def split_original(text: str) -> tuple[str, str]:
    """The words of the report, and the message that came back in them, from its headers on."""
    lines = text[:LONGEST].split("\n")
    for at in range(min(len(lines), 2000)):
        if _HEADER.match(lines[at]) and _is_original(lines, at):
            return "\n".join(lines[:at]), _unquoted(lines[at:])
        if at and _ENDS.match(lines[at]):
            begins = next((number for number in range(at, len(lines)) if _HEADER.match(lines[number])), at)
            return "\n".join(lines[:at]), _unquoted(lines[begins:])
    return text[:LONGEST], ""


class _Line:
    """A line of a report; what it holds is looked for once, however many addresses stand around it."""

    def __init__(self, text: str) -> None:
        self.text = text[:_LONGEST_LINE].strip()

    @cached_property
    def code(self) -> re.Match[str] | None:
        return _CODE.search(self.text)

    @cached_property
    def has_phrase(self) -> bool:
        return PHRASE.search(_ADDRESS.sub("", self.text).lower()) is not None


def read(text: str, *, recipients: Collection[str], ours: Collection[str]) -> Found:
    """Whom a report names.

    recipients: to whom the message went that came back, where that is known. ours: addresses of our own side and of
    the report's sender, which are never the failed ones.
    """
    said, original = split_original(text)
    went_to = _recipients_in(original)
    lines = _lines(said)
    scores, places = _scores(lines, {*recipients, *went_to}, ours)
    chosen = _chosen(scores)
    hinted = [] if chosen else sorted(each for each, score in scores.items() if score == _IN_A_SUMMARY)
    action = "delayed" if is_delayed(said) else "failed"
    taken = {places[each] for each in chosen}
    return Found(
        failures=tuple(
            Failure(recipient=each, action=action, answer=_answer_at(lines, places[each], taken))
            for each in chosen
        ),
        answer=_answer_in(lines),
        action=action,
        original=original,
        recipients=went_to or tuple(hinted[:1]),
        likely=max((each for each in scores if scores[each] >= _LIKELY), key=scores.__getitem__, default=""),
        has_phrase=any(line.has_phrase for line in lines) or PHRASE.search(said[:_HALF].lower()) is not None,
        has_code=any(line.code for line in lines),
    )


def is_delayed(said: str) -> bool:
    """Whether the server goes on trying."""
    words = said[:_SAYS_WHEN].lower()
    return DELAYED.search(words) is not None and GIVEN_UP.search(words) is None


def answer_in(text: str) -> str:
    """The first server's words in a report, whoever they are about."""
    return _answer_in(_lines(split_original(text)[0]))


def _answer_in(lines: Sequence[_Line]) -> str:
    return _answer_at(lines, next((number for number, line in enumerate(lines) if line.code), 0))


def _answer_at(lines: Sequence[_Line], at: int, taken: Collection[int] = ()) -> str:
    """The server's words about the recipient on this line, from its code on; without a code, the words that say why.

    taken: the lines of all recipients; what follows the next one is about that one.
    """
    end = min([other for other in taken if other > at], default=len(lines))
    for number in (*range(at, min(end, at + 12)), *range(max(0, at - 4), at)):
        code = lines[number].code if number < len(lines) else None
        if code is not None:
            rest = " ".join((lines[number].text[code.start() :], *_paragraph(lines, number + 1, end)))
            return rest.lstrip("#")[:_LONGEST_LINE]
    below = [line for line in lines[at + 1 : min(end, at + 8)] if line.text][:4]
    around = [*lines[at : at + 1], *below, *_near(lines, at, -1)[::-1]]
    words = around if any(line.has_phrase for line in around) else [line for line in lines if line.text]
    return " ".join(_ADDRESS.sub("", line.text) for line in words[:_MOST_ADDED]).strip()[:_LONGEST_LINE]


def _unquoted(lines: Sequence[str]) -> str:
    return "\n".join(line.lstrip(">| \t") if line[:1] in {">", "|"} else line for line in lines)


def _lines(text: str) -> list[_Line]:
    return [_Line(line) for line in text.split("\n")[:_MOST_LINES]]


def _recipients_in(original: str) -> tuple[str, ...]:
    """To whom a message went whose headers these are."""
    field = re.search(r"^to:(.*(?:\n[ \t].*){0,20})", original, re.IGNORECASE | re.MULTILINE)
    return tuple(each.lower() for each in _ADDRESS.findall(field[1])[:MOST_FOUND]) if field else ()


def _scores(
    lines: Sequence[_Line], sent_to: Collection[str], ours: Collection[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """How surely each address was not reached, and on which line that stands."""
    scores: dict[str, int] = {}
    places: dict[str, int] = {}
    for at, match in islice(_addresses(lines), _MOST_LOOKED_AT):
        address = re.sub(r"^(?:smtp|rfc822)[=:;]", "", match[0].strip("'`").rstrip(".").lower())
        if (address in ours and address not in sent_to) or DAEMON.fullmatch(address):
            continue
        score = _score(lines, at, match)
        score += 4 if address in sent_to and score != _IN_A_SUMMARY else 0
        if score > scores.get(address, -99):
            scores[address], places[address] = score, at
    return scores, places


def _addresses(lines: Sequence[_Line]) -> Iterator[tuple[int, re.Match[str]]]:
    for at, line in enumerate(lines):
        if "@" in line.text and not _NAMES_A_MESSAGE.match(line.text):
            for match in _ADDRESS.finditer(line.text):
                yield at, match


def _score(lines: Sequence[_Line], at: int, match: re.Match[str]) -> int:
    """How surely an address at this place is one that was not reached; 4 is sure enough."""
    line = lines[at]
    before, after = line.text[: match.start()].rstrip("<[\"' "), line.text[match.end() :]
    following, earlier = _near(lines, at, 1), _near(lines, at, -1)
    if _LABEL.match(before) and any(_SUMMARY.match(each.text) for each in (*following, *earlier)):
        return _IN_A_SUMMARY
    before, after = _ADDRESS.sub("", before), _ADDRESS.sub("", after)
    bare = _BARE.match(before) is not None
    introduced = f"{earlier[0].text if earlier else ''} {before}"
    return (
        (5 if bare and _BARE.match(after) else 3 if bare else 0)
        + 4 * bool(_LABEL.match(before) or _COMMAND.search(line.text[: match.start()]))
        + 3 * (line.code is not None)
        + 2 * line.has_phrase
        + 2 * (line.has_phrase and before.rstrip().endswith(":"))
        + 2 * any(each.code or each.has_phrase for each in following)
        + 2 * any(each.has_phrase or each.text.endswith(":") for each in earlier)
        + 2 * bool(_INTRODUCED.search(introduced))
        - 6 * bool(_ADVICE.search(before))
    )


def _chosen(scores: dict[str, int]) -> list[str]:
    """Those that are named as surely as the surest one, or nearly."""
    best = max(scores.values(), default=0)
    return [each for each, score in scores.items() if score >= max(_SURE, best - 3)][:MOST_FOUND]


def _near(lines: Sequence[_Line], at: int, step: int) -> list[_Line]:
    """The next three lines that say something, in one direction."""
    found: list[_Line] = []
    at += step
    while 0 <= at < len(lines) and len(found) < 3:
        if lines[at].text:
            found.append(lines[at])
        at += step
    return found


def _paragraph(lines: Sequence[_Line], start: int, end: int) -> Iterator[str]:
    for line in lines[start : min(end, start + 4)]:
        if not line.text:
            return
        yield line.text


def _is_original(lines: Sequence[str], at: int) -> bool:
    """Whether headers begin here that no report's own summary has, or that a line announces."""
    names = []
    for line in lines[at : at + 40]:
        match = _HEADER.match(line)
        if match:
            names.append(match[1].lower())
        elif not line.strip():
            break
    announced = next((line for line in reversed(lines[max(0, at - 4) : at]) if line.strip()), "")
    if lines[at][:1] in {" ", "\t"} and "received" not in names:
        return False  # a summary: what came back stands at the margin, or is quoted as a whole
    is_telling = any(name in _TELLING for name in names)
    return (len(names) >= 3 and is_telling) or (len(names) >= 2 and _FOLLOWS.match(announced) is not None)
