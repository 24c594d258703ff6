"""Until when somebody is away: the date in an automatic answer, read relative to the day on which it was written."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

READ_AT_MOST = 3000  # characters
_FURTHEST = timedelta(days=400)
_MOST_DATES = 40  # that are looked at in one answer
FALLBACK_DAYS = 5  # without a date (`deliverability.md` 11.4)

_MONTH_WORDS = (
    "jan|january|januar|jänner|janvier|enero|ene|gennaio|gen|januari|janeiro|styczeń|stycznia|leden|ledna|január|ianuarie|января|январь|ocak|tammikuu|січня",
    "feb|february|februar|février|fevrier|fév|febrero|febbraio|februari|fevereiro|fev|luty|lutego|únor|února|február|februarie|февраля|февраль|şubat|helmikuu|лютого",
    "mar|march|märz|mrz|mars|marzo|maart|março|marco|marzec|marca|březen|března|március|martie|марта|март|mart|maaliskuu|березня",
    "apr|april|avril|avr|abril|abr|aprile|kwiecień|kwietnia|duben|dubna|április|aprilie|апреля|апрель|nisan|huhtikuu|квітня",
    "may|mai|mayo|maggio|mag|mei|maio|maj|maja|květen|května|május|мая|май|mayıs|toukokuu|травня",
    "jun|june|juni|juin|junio|giugno|giu|junho|czerwiec|czerwca|červen|června|június|iunie|июня|июнь|haziran|kesäkuu|червня",
    "jul|july|juli|juillet|juil|julio|luglio|lug|julho|lipiec|lipca|červenec|července|július|iulie|июля|июль|temmuz|heinäkuu|липня",
    "aug|august|août|aout|agosto|ago|augustus|augusti|sierpień|sierpnia|srpen|srpna|augusztus|августа|август|ağustos|elokuu|серпня",
    "sep|sept|september|septembre|septiembre|settembre|set|setembro|wrzesień|września|září|szeptember|septembrie|сентября|сентябрь|eylül|syyskuu|вересня",
    "oct|october|okt|oktober|octobre|octubre|ottobre|ott|outubro|out|październik|października|říjen|října|október|octombrie|октября|октябрь|ekim|lokakuu|жовтня",
    "nov|november|novembre|noviembre|novembro|listopad|listopada|listopadu|noiembrie|ноября|ноябрь|kasım|marraskuu|листопада",
    "dec|december|dez|dezember|décembre|decembre|déc|diciembre|dic|dicembre|dezembro|grudzień|grudnia|prosinec|prosince|desember|decembrie|декабря|декабрь|aralık|joulukuu|грудня",
)
_MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split("|")}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAYS = (
    "monday|montag|lundi|lunes|lunedì|maandag|segunda-feira|måndag|mandag|poniedziałku|понедельника",
    "tuesday|dienstag|mardi|martes|martedì|dinsdag|terça-feira|tisdag|tirsdag|wtorku|вторника",
    "wednesday|mittwoch|mercredi|miércoles|mercoledì|woensdag|quarta-feira|onsdag|środy|среды",
    "thursday|donnerstag|jeudi|jueves|giovedì|donderdag|quinta-feira|torsdag|czwartku|четверга",
    "friday|freitag|vendredi|viernes|venerdì|vrijdag|sexta-feira|fredag|piątku|пятницы",
    "saturday|samstag|samedi|sábado|sabato|zaterdag|lördag|lørdag|soboty|субботы",
    "sunday|sonntag|dimanche|domingo|domenica|zondag|söndag|søndag|niedzieli|воскресенья",
)
_WEEKDAYS = {word: number for number, words in enumerate(_DAYS) for word in words.split("|")}

_UNTIL = r"until|till|through|thru|up to|bis|jusqu.?(?:au|à|en|a)|hasta|fino|tot|t/m|até|do|až|till|til|t\.o\.m\.?|asti|saakka|по|до|până"
_FILLERS = rf"(?:the|and|with|including|inclusive|incl\w*|einschlie\w+|zum|den|dem|der|le|el|il|all?['’]?|ao?|o|de|dia|día|dnia|en met|og med|och med|{'|'.join(_WEEKDAYS)})"
_RANGE = r"(?:to|and|al?|au|à|e|y|et|und|i|bis|[-–—~])"
_BACK = r"(?:back|return\w*|resum\w*|available|in the office|zurück|wieder|erreichbar|de retour|retour|reviendrai|regres\w*|volver\w*|vuelvo|vuelta|disponible|retorn\w*|voltar\w*|volto|rientr\w*|torn\w*|terug|tillbaka|tilbage|tilbake|takaisin|powró\w*|wrac\w*|wróc\w*|zpět|vrát\w*|vissza|revin|вернусь|вернётся|выйду|буду|доступ\w*|dön\w*)"
_DATES = (
    re.compile(r"(?P<year>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?:(?P<year>20\d\d)\s*[年년]\s*)?(?P<m>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日号號일]?"),
    re.compile(
        rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.|:e)?(?: of| de| d')?(?:\s+|-){_MONTH}(?:(?:\s*(?:,|de|del|-))?\s*(?P<year>20\d\d))?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)(?:,?\s*(?P<year>20\d\d))?", re.IGNORECASE
    ),
    re.compile(r"(?<![\d.])(?P<day>\d{1,2})\.\s?(?P<m>\d{1,2})\.(?:\s?(?P<year>(?:20)?\d\d)(?!\d))?"),
    re.compile(r"(?<![\d/])(?P<a>\d{1,2})[/-](?P<b>\d{1,2})[/-](?P<year>(?:20)?\d\d)(?!\d)"),
    re.compile(r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?![\d/])"),
)
_BEFORE = re.compile(rf"(?:\b(?:{_UNTIL})(?!\w)(?:[\s,]+{_FILLERS})*|到|至)[\s,]*$", re.IGNORECASE)
_BETWEEN = re.compile(rf"\s*{_RANGE}(?:[\s,]+{_FILLERS})*[\s,]*", re.IGNORECASE)
_BACK_BEFORE = re.compile(rf"\b{_BACK}\b[^.!?\n]{{0,50}}$", re.IGNORECASE)
_UNTIL_AFTER = re.compile(
    r"^[^\n。]{0,8}(?:まで|为止|為止|止|까지|返回前|tarihine kadar|asti|saakka|-ig)|^\s*\([^)]{1,12}\)\s*(?:まで|까지)",
    re.IGNORECASE,
)
_BACK_AFTER = re.compile(
    r"^[^.!?\n]{0,30}\b(?:wieder|zurück|back|terug|de retour|erreichbar|available|zpět|vissza)\b|^.{0,10}(?:より|以降|부터|起|返回|回来|から(?:出社|出勤))",
    re.IGNORECASE,
)
_NEXT_DAY = re.compile(
    rf"\b{_BACK}\b[^.!?\n]{{0,20}}\b(?:on |am |le |el |op |på )?(?:next |nächsten |this )?(?P<weekday>{'|'.join(_WEEKDAYS)})\b",
    re.IGNORECASE,
)
_TOMORROW = re.compile(
    rf"\b{_BACK}\b[^.!?\n]{{0,20}}\b(?:tomorrow|morgen|demain|mañana|domani|amanhã|imorgon|jutro)\b",
    re.IGNORECASE,
)


class _Dated(NamedTuple):
    """A date, where it stands, and whether its digits could also be read the other way round."""

    day: date
    start: int
    end: int


def back_on(text: str, written_on: date) -> date | None:
    """The first day on which the author is there again; None where no date of the coming year says it.

    A day named as the last one away is followed by the day after it.
    """
    read = " ".join(text[:READ_AT_MOST].split())
    found = sorted(islice(_dated(read, written_on), _MOST_DATES), key=lambda each: each.start)
    coming = [each for each in found if written_on <= each.day <= written_on + _FURTHEST]
    lasts = [each.day for each in coming if _is_last(read, each, found)]
    returns = [each.day for each in coming if each.day not in lasts and _is_return(read, each)]
    if returns:
        return max(returns)
    if lasts:
        return max(lasts) + timedelta(days=1)
    if (match := _NEXT_DAY.search(read)) is not None:
        ahead = (_WEEKDAYS[match["weekday"].lower()] - written_on.weekday() - 1) % 7 + 1
        return written_on + timedelta(days=ahead)
    return written_on + timedelta(days=1) if _TOMORROW.search(read) else None


def waits_until(returns: date | None, written_on: date) -> date:
    """The day on which a sequence goes on: the next working day after the return, else five days later."""
    day = returns + timedelta(days=1) if returns else written_on + timedelta(days=FALLBACK_DAYS)
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day


def _is_return(text: str, found: _Dated) -> bool:
    """Whether words before or after a date say that its day is the one of the return."""
    before, after = text[max(0, found.start - 70) : found.start], text[found.end : found.end + 40]
    return _BACK_BEFORE.search(before) is not None or _BACK_AFTER.match(after) is not None


def _is_last(text: str, found: _Dated, others: Sequence[_Dated]) -> bool:
    """Whether a date is the last day away: so it is said, or it ends a range."""
    before, after = text[max(0, found.start - 50) : found.start], text[found.end : found.end + 24]
    if _BEFORE.search(before) or _UNTIL_AFTER.match(after):
        return True
    return any(
        other.end < found.start and _BETWEEN.fullmatch(text[other.end : found.start]) for other in others
    )


def _dated(text: str, written_on: date) -> Iterator[_Dated]:
    taken: list[tuple[int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            day = _day(match.groupdict(), written_on)
            if day is not None:
                taken.append(match.span())
                yield _Dated(day, *match.span())


def _day(parts: dict[str, str | None], written_on: date) -> date | None:
    year = _year(parts.get("year"))
    if (first := parts.get("a")) and (second := parts.get("b")):
        days = [_made(year, int(b), int(a), written_on) for a, b in ((first, second), (second, first))]
        soon = [day for day in days if day and written_on <= day <= written_on + _FURTHEST]
        return min(soon, default=None)
    month = _MONTHS[str(parts["month"]).lower()] if parts.get("month") else int(parts.get("m") or 0)
    return _made(year, month, int(parts["day"] or 0), written_on)


def _year(text: str | None) -> int | None:
    return None if not text else int(text) if len(text) == 4 else 2000 + int(text)


def _made(year: int | None, month: int, day: int, written_on: date) -> date | None:
    """The day; without a year the next one of that name."""
    try:
        if year is not None:
            return date(year, month, day)
        soon = date(written_on.year, month, day)
        return soon if soon >= written_on - timedelta(days=60) else date(written_on.year + 1, month, day)
    except ValueError:
        return None
