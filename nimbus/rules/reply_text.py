"""What the author of an answer wrote just now: without what is quoted, the signature and what programs add.

By hand: the library at hand takes the rest of a mail for a signature after a bulleted line, and never sees what stands
below a quote or between two.
"""

import re
from collections.abc import Sequence

from nimbus.rules.reply_words import (
    DISCLAIMER,
    FROM_FIELD,
    INTRODUCTION,
    LOOSE_INTRODUCTION,
    ORIGINAL,
    OTHER_FIELD,
    SEPARATOR,
    SIGN_OFF,
    is_device_line,
)

LONGEST = 64 * 1024  # characters that are looked at, and lines that a thousand people would not write
_MOST_LINES = 2000
_LONGEST_INTRODUCTION = 3  # lines; programs fold it
_LONGEST_SIGNATURE = 8  # lines below "Kind regards"
_LONGEST_FOOTER = 8  # lines that a mailing list puts under a message
_SIGNATURE = re.compile(r"^(?:-- ?|—|__)$")
_NAME = re.compile(r"^(?:-{1,2}|—)\s?[^\W\d_a-z][\w.]{0,20}(?: [^\W\d_a-z][\w.]{0,20}){0,2}$")
_RULE = re.compile(r"^[ \t]*[-_=*]{10,200}[ \t]*$")


def reply_of(text: str) -> str:
    """The author's own words; empty where all is quoted. `text` is plain, its line ends are line feeds."""
    lines = [line.rstrip() for line in text[:LONGEST].split("\n")[:_MOST_LINES]]
    return _without_signature(_without_quotes(lines))


def _without_quotes(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        length = _introduction_at(lines, at)
        if length and _next_is_quoted(lines, at + length):
            at += length
        elif (length and kept) or _all_is_quoted_from(lines, at):
            break
        elif not lines[at].lstrip().startswith((">", "|>")):
            kept.append(lines[at])
            at += 1
        else:
            at += 1
    return kept


def _introduction_at(lines: Sequence[str], at: int) -> int:
    """How many lines say here who wrote what follows and when; 0: none."""
    if not lines[at].strip() or lines[at].startswith(">"):
        return 0
    for length in range(1, _LONGEST_INTRODUCTION + 1):
        those = lines[at : at + length]
        if not those[-1].strip() or those[-1].startswith(">"):
            return 0
        said = " ".join(those)
        if those[-1].endswith((":", "：")):
            sure = INTRODUCTION.search(said[-500:]) and LOOSE_INTRODUCTION.match(said)
            quoted = LOOSE_INTRODUCTION.match(said) and _next_is_quoted(lines, at + length)
            return length if sure or (quoted and length == 1) else 0
    return 0


def _next_is_quoted(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 4] if line.strip()), "")
    return following.startswith(">")


def _all_is_quoted_from(lines: Sequence[str], at: int) -> bool:
    """Whether an older message begins here as a whole: a line that separates it, or its headers."""
    line = lines[at]
    if SEPARATOR.match(line) and ORIGINAL.search(line):
        return True
    following = [each for each in lines[at + 1 : at + 9] if each.strip()]
    if _RULE.match(line):
        is_footer = "_" in line and len(lines) - at <= _LONGEST_FOOTER
        return is_footer or (bool(following) and _has_headers(following))
    return _has_headers([line, *following])


def _has_headers(lines: Sequence[str]) -> bool:
    """Whether these lines begin as the headers of a mail that is quoted do."""
    if not FROM_FIELD.match(lines[0]):
        return False
    return sum(OTHER_FIELD.match(each) is not None for each in lines[1:6]) >= 2


def _without_signature(lines: list[str]) -> str:
    end = len(lines)
    for at, line in enumerate(lines):
        if _SIGNATURE.match(line.strip()) or is_device_line(line) or (at and DISCLAIMER.match(line)):
            end = at
            break
    while end and (not lines[end - 1].strip() or (end > 1 and _NAME.match(lines[end - 1]))):
        end -= 1
    for at in range(max(1, end - _LONGEST_SIGNATURE), end):
        if SIGN_OFF.match(lines[at]):
            end = at
            break
    return "\n".join(lines[:end]).strip("\n").rstrip()
