"""Reading a report that was written for people: where what came back begins, who was not reached, and what a server said."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from nimbus.rules.bounce_words import DAEMON, DELAYED, GIVEN_UP, PHRASE
from nimbus.rules.parsed_mail import Failure

LONGEST = 32 * 1024  # characters of a report that are read; real ones say it in the first two thousand
_MOST_LINES, _LONGEST_LINE, MOST_FOUND = 400, 600, 20
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
    r"(?<![\d.:/@#-])([45]\d\d)(?:[ -]#?[45]\.\d{1,3}\.\d{1,3}|[ -](?=[^\s\d])|(?=[:)\]]))(?!\d)|(?<![\w.:])#?([45]\.[0-7]\.\d{1,3})(?![.\d])"
)
_ADVICE = re.compile(
    r"contact|write to|help|assist|support|question|e-?mail us|further information|forward|report (?:this|it)|abuse|administrator|reporting-mta|from:|sender|absender|expéditeur|remitente",
    re.IGNORECASE,
)
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

    original: the headers of what came back, as they stand; recipients: to whom that went.
    """

    failures: tuple[Failure, ...]
    answer: str
    action: str
    original: str
    recipients: tuple[str, ...]
    has_phrase: bool
    has_code: bool


def split_original(text: str) -> tuple[str, str]:
    """The words of the report, and the message that came back in them, from its headers on."""
    lines = text[:LONGEST].split("\n")
    for at in range(min(len(lines), 2000)):
        if _HEADER.match(lines[at]) and _is_original(lines, at):
            return "\n".join(lines[:at]), "\n".join(
                line.lstrip(">| \t") if line[:1] in ">|" else line for line in lines[at:]
            )
    return text[:LONGEST], ""


def read(text: str, *, recipients: Collection[str], ours: Collection[str]) -> Found:
    """Whom a report names.

    recipients: to whom the message went that came back, where that is known. ours: addresses of our own side and of
    the report's sender, which are never the failed ones.
    """
    said, original = split_original(text)
    went_to = _recipients_in(original)
    sent_to = {*recipients, *went_to}
    lines = _lines(said)
    scores: dict[str, int] = {}
    places: dict[str, int] = {}
    for at, match in _addresses(lines):
        address = match[0].strip("'`").rstrip(".").lower()
        if (address in ours and address not in sent_to) or DAEMON.fullmatch(address):
            continue
        score = _score(lines, at, match) + (4 if address in sent_to else 0)
        if score > scores.get(address, -99):
            scores[address], places[address] = score, at
    chosen = _chosen(scores)
    action = "delayed" if is_delayed(said) else "failed"
    taken = {places[each] for each in chosen}
    failures = tuple(
        Failure(recipient=each, action=action, answer=answer_at(lines, places[each], taken - {places[each]}))
        for each in chosen
    )
    flat = " ".join(lines)
    return Found(
        failures,
        _answer_in(lines),
        action,
        original,
        went_to,
        PHRASE.search(flat) is not None,
        _CODE.search(flat) is not None,
    )


def is_delayed(said: str) -> bool:
    """Whether the server goes on trying."""
    return DELAYED.search(said[:4000]) is not None and GIVEN_UP.search(said[:4000]) is None


def answer_at(lines: Sequence[str], at: int, others: Collection[int] = ()) -> str:
    """The server's words about the recipient on this line, from its code on; without a code, the words that say why."""
    end = min([other for other in others if other > at], default=len(lines))
    near = [*range(at, min(end, at + 12)), *range(max(0, at - 4), at)]
    for number in near:
        if (code := _CODE.search(lines[number])) is not None:
            rest = " ".join((lines[number][code.start() :], *_paragraph(lines, number + 1, end)))
            return rest.lstrip("#")[:_LONGEST_LINE]
    for each in chain(near, range(len(lines))):
        if PHRASE.search(_ADDRESS.sub("", lines[each])):
            return lines[each]
    return ""


def answer_in(text: str) -> str:
    """The first server's words in a report, whoever they are about."""
    return _answer_in(_lines(split_original(text)[0]))


def _answer_in(lines: Sequence[str]) -> str:
    coded = next((number for number, line in enumerate(lines) if _CODE.search(line)), None)
    return answer_at(lines, coded or 0)


def _lines(text: str) -> list[str]:
    return [line[:_LONGEST_LINE].strip() for line in text.split("\n")[:_MOST_LINES]]


def _recipients_in(original: str) -> tuple[str, ...]:
    """To whom a message went whose headers these are."""
    field = re.search(r"^to:(.*(?:\n[ \t].*){0,20})", original, re.IGNORECASE | re.MULTILINE)
    return tuple(each.lower() for each in _ADDRESS.findall(field[1])[:MOST_FOUND]) if field else ()


def _addresses(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    for at, line in enumerate(lines):
        if "@" in line and not re.match(r"\W*(?:x-)?(?:original-)?message-?id\b", line, re.IGNORECASE):
            for match in _ADDRESS.finditer(line):
                yield at, match


def _score(lines: Sequence[str], at: int, match: re.Match[str]) -> int:
    line = lines[at]
    before, after = line[: match.start()].rstrip("<[\"' "), line[match.end() :]
    bare = _BARE.match(before) is not None
    score = 5 if bare and _BARE.match(after) else 3 if bare else 0
    score += 4 if _LABEL.match(before) or _COMMAND.search(line[: match.start()]) else 0
    score += 3 if _CODE.search(line) else 0
    rest = f"{before} {after}"
    score += 2 if PHRASE.search(rest) else 0
    following, earlier = _near(lines, at, 1, 3), _near(lines, at, -1, 3)
    score += 2 if any(_CODE.search(each) or PHRASE.search(each) for each in following) else 0
    score += 2 if any(PHRASE.search(each) or each.endswith(":") for each in earlier) else 0
    return score - (6 if _ADVICE.search(before) else 0)


def _chosen(scores: dict[str, int]) -> list[str]:
    """Those that are named as surely as the surest one, or nearly."""
    if not scores:
        return []
    best = max(scores.values())
    if best < 4:
        return []
    return [each for each, score in scores.items() if score >= max(4, best - 3)][:MOST_FOUND]


def _near(lines: Sequence[str], at: int, step: int, most: int) -> list[str]:
    found: list[str] = []
    at += step
    while 0 <= at < len(lines) and len(found) < most:
        if lines[at]:
            found.append(lines[at])
        at += step
    return found


def _paragraph(lines: Sequence[str], start: int, end: int) -> Iterator[str]:
    for line in lines[start : min(end, start + 4)]:
        if not line:
            return
        yield line


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
    is_telling = any(name in _TELLING for name in names)
    return (len(names) >= 3 and is_telling) or (len(names) >= 2 and _FOLLOWS.match(announced) is not None)
