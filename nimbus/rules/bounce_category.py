"""What a bounce means (`deliverability.md` 11.2): the table of refusals, read with what only reports say."""

import re
from typing import NamedTuple

from nimbus.rules.mail_verdict import Bounced
from nimbus.rules.parsed_mail import Failure
from nimbus.rules.send_answer_kinds import Category, Stage
from nimbus.rules.send_answers import judge

_REPLY = re.compile(
    r"(?<![\d.:/@#-])([45]\d\d)(?=[\s\-#:)\]]|$)(?![\s-]*(?:bytes|kb|mb|hours|days|minutes|seconds))"
)
_ENHANCED = re.compile(r"(?<![\w.:])#?([45])\.([0-7]\.\d{1,3})(?![.\d])")
_VAGUE = re.compile(r"[45]\.(?:0\.0|[1-7]\.0|5\.\d)")  # "other": the words say more


class Row(NamedTuple):
    """A report with this pattern is of this category."""

    category: Category
    pattern: re.Pattern[str]


def _row(category: Category, pattern: str) -> Row:
    return Row(category, re.compile(pattern, re.IGNORECASE))


# What no server answers while it still talks, but reports say: that time is over, that mail went round in circles.
_OF_REPORTS = (
    _row(
        Category.EXPIRED,
        r"[45]\.4\.(?:7|300|316)\b|retry time(?:out)? (?:not reached|exceeded)|(?:message|delivery|queue|mail).{0,30}(?:expired|too old|timed out|time ?out)"
        r"|(?:for|after|in|within) (?:more than |the last |over )?\d{1,3} (?:hours?|days?|weeks?)\b(?!.{0,30}(?:retry|again))|retry timeout|undeliverable for",
    ),
    _row(
        Category.SOFT_TEMP,
        r"[45]\.4\.(?:6|14)\b|too many hops|hop count|mail loop|loops? back|routing loop|forwarding loop",
    ),
)
# The words of servers that do not say it in English, beside a code that says many things or none at all.
_ELSEWHERE = (
    _row(
        Category.SOFT_FULL,
        r"(?:user )?mailbox exceeds|postfach .{0,30}voll|speicher.{0,20}(?:voll|überschritten)|boîte .{0,40}pleine|quota dépassé|buz[oó]n .{0,20}lleno|casella .{0,20}piena"
        r"|caixa .{0,30}cheia|postvak .{0,20}vol|переполнен|превышен.{0,30}(?:квот|размер)|邮箱.{0,10}(?:已满|空间不足|容量)|空间已满|容量.{0,10}超|いっぱい|사서함.{0,20}(?:가득|초과)",
    ),
    _row(
        Category.HARD_DOMAIN,
        r"domain .{0,30}(?:existiert nicht|nicht gefunden)|domaine .{0,30}(?:n'existe pas|introuvable|inconnu)|dominio .{0,30}(?:no existe|non esiste|desconocid)"
        r"|domínio .{0,30}não|домен.{0,30}не (?:найден|существует)|域名.{0,10}(?:不存在|无法)|ドメイン.{0,20}(?:存在し|見つか)|도메인.{0,20}(?:없|찾을 수)",
    ),
    _row(
        Category.HARD_INVALID,
        r"(?:user|recipient|address).{0,60}not (?:listed|in the)|(?:postfach|benutzer|empfänger|adresse|konto|mailbox).{0,40}(?:existiert nicht|unbekannt|nicht (?:gefunden|vorhanden|bekannt)|ungültig|deaktiviert|gesperrt)"
        r"|(?:utilisateur|destinataire|adresse|compte|boîte).{0,50}(?:inconnue?|n'existe pas|introuvable|invalide|désactivée?)"
        r"|(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n|utente|indirizzo|casella).{0,50}(?:no existe|desconocid|no (?:se )?encontr|inexistente|non esiste|sconosciut|non valid|inesistente)"
        r"|(?:usuário|destinatário|endereço|conta|caixa).{0,50}(?:não existe|não encontrad|desconhecid|inexistente|inválid)"
        r"|(?:gebruiker|ontvanger|adres|postvak).{0,40}(?:onbekend|bestaat niet|niet gevonden)|(?:użytkownik|adresat|konto|skrzynka).{0,40}(?:nie istnieje|nieznan)"
        r"|(?:пользовател|получател|адрес|ящик|аккаунт).{0,50}(?:не (?:найден|существует|зарегистр)|неизвест|удал[её]н|отключ|заблокирован)"
        r"|(?:收件人|用户|邮箱|帐号|账号|地址).{0,30}(?:不存在|未找到|无效|錯誤|错误|已停用|被禁)|不存在的(?:用户|邮箱)|(?:宛先|ユーザ|受信者|アドレス|アカウント).{0,30}(?:存在し|見つか|不明|無効)|宛先不明"
        r"|(?:받는 사람|사용자|수신자|주소|계정).{0,30}(?:없|존재하지|찾을 수)",
    ),
    _row(
        Category.BLOCK_CONTENT,
        r"als spam|spam[- ]?verdacht|comme (?:un )?spam|indésirable|como spam|posta indesiderata|похоже на спам|спам|垃圾邮件|垃圾郵件|スパム|迷惑メール|스팸",
    ),
)
_MORE_ENGLISH = (
    _row(
        Category.HARD_INVALID,
        r"user.{0,60}not listed|(?:not|isn't) (?:a )?(?:valid|known|listed|in (?:the|our)).{0,40}(?:user|recipient|address|directory|mailbox|account)"
        r"|(?:address|recipient|user|mailbox|account|person|name).{0,60}(?:(?:could|can) ?n[o']t be (?:found|located|resolved)|not (?:found|recogni[sz]ed|known|valid|listed|here|exist|registered)"
        r"|was(?:n't| not) found|invalid|unknown|doesn'?t exist|is(?:n't| not) (?:here|available|active|valid)|no longer|has been (?:disabled|deleted|discontinued|closed|deactivated|suspended)|is (?:disabled|closed|inactive))"
        r"|no valid recipients?|no (?:such )?(?:user|mailbox|recipient|account|address|person|alias|one)\b.{0,20}(?:here|by that|named|exists|at|in|found)|(?:unknown|bad|invalid|illegal|undeliverable|no such)[ -](?:e?-?mail )?(?:address|user|recipient|mailbox|account|alias|addressee|local[- ]part|destination mailbox|account name)"
        r"|does(?:n't| not) have an? .{0,30}account|has no .{0,20}(?:account|mailbox)|can(?:'t|not) (?:find|open) (?:the )?(?:mailbox|user|recipient)|no longer (?:with|work|employ|exist|valid|active|in use|available)"
        r"|not our customer|unrouteable mail domain address|mailbox not found|all recipients.{0,20}(?:invalid|unknown)|address rejected|dest(?:ination)? (?:address|mailbox)",
    ),
    _row(
        Category.HARD_DOMAIN,
        r"host (?:unknown|not found|or domain name not found)|(?:domain|host)(?: name)? .{0,60}(?:lookup (?:failed|failure)|not found|does(?:n't| not) exist|(?:could|can)(?:n't| not) be found|unknown|invalid)"
        r"|(?:could(?:n't| not)|can(?:'t|not|not)) (?:find|resolve).{0,40}(?:host|domain|mx|mail server)|name (?:or service|service error|server).{0,30}(?:not known|not found|nxdomain)|no (?:dns|mx|mail server|mail exchanger)|unrouteable|unroutable|bad destination (?:host|system)|nxdomain",
    ),
    _row(Category.HARD_INVALID, r"\b(?:does|do|did|may) ?(?:n[o']t|not) exist\b"),
    _row(
        Category.SOFT_FULL,
        r"(?:mailbox|inbox|quota|disk|storage|account|user).{0,40}(?:full|exceed|over (?:its |the )?(?:quota|limit|storage)|out of (?:space|storage))|over ?quota|quota (?:exceed|violation)|insufficient (?:disk|storage|system storage)",
    ),
    _row(
        Category.EXPIRED,
        r"(?:connection|session|network|host).{0,40}(?:timed? ?out|refused|unreachable|reset|no route|dropped|lost|unavailable)|time(?:d)? ?out|(?:could(?:n't| not)|unable to|can(?:'t|not)) (?:connect|contact|reach|establish)|no (?:answer|response) from|(?:server|host|system|connection).{0,30}(?:not respond|unavailable|down|busy)",
    ),
)


def judged(failure: Failure) -> Bounced:
    """One recipient of a report with the category of the failure and what decided on it."""
    category, decided_by = _category(failure)
    is_final = failure.action != "delayed"
    if not is_final and category not in _WHILE_TRYING:
        category = Category.SOFT_TEMP  # whatever was said: the server has not given up
    return Bounced(
        recipient=failure.recipient,
        final_recipient=failure.final_recipient,
        category=category,
        is_final=is_final,
        status=failure.status,
        answer=failure.answer,
        decided_by=decided_by,
    )


_WHILE_TRYING = frozenset(
    {Category.SOFT_TEMP, Category.SOFT_FULL, Category.THROTTLE, Category.PROVIDER_LIMIT}
)
# What a server says to its own users means something else once it stands in a report about a message that it took.
_IN_A_REPORT = {Category.AUTH_LOGIN: Category.BLOCK_POLICY, Category.CONNECTION: Category.SOFT_TEMP}


def _category(failure: Failure) -> tuple[Category, str]:
    words = failure.answer
    said = _ENHANCED.search(words)
    code = f"{said[1]}.{said[2]}" if said else ""
    if (
        failure.status[:1] in {"4", "5"}
        and (not code or _VAGUE.fullmatch(code))
        and not _VAGUE.fullmatch(failure.status)
    ):
        code = failure.status
    code = code or (failure.status if failure.status[:1] in {"4", "5"} else "")
    told_by = f"{code} {words}"
    for row in _OF_REPORTS if not code or _VAGUE.fullmatch(code) or code[1:3] == ".4" else ():
        if (match := row.pattern.search(told_by)) is not None:
            return row.category, match[0]
    if not code or _VAGUE.fullmatch(code) or code in {"5.7.1", "5.7.0", "4.7.1"}:
        for row in _ELSEWHERE:
            if (match := row.pattern.search(words)) is not None:
                return row.category, match[0]
    category, telling = judge(_answer(code, words, failure), Stage.BODY, host=failure.remote_host)
    if category is Category.UNKNOWN or (category is Category.SOFT_TEMP and not code):
        for row in _MORE_ENGLISH:
            if (match := row.pattern.search(words)) is not None:
                return row.category, match[0]
    return _IN_A_REPORT.get(category, category), telling


def _answer(code: str, words: str, failure: Failure) -> str:
    """The answer as a server would have given it on one line: reply code, enhanced code, words."""
    reply = _REPLY.search(words[:200])
    rest = words[reply.end() :] if reply else words
    rest = re.sub(rf"(?<!\d){reply[1]}-", " ", rest) if reply else rest
    rest = _ENHANCED.sub(" ", rest) if code else rest
    first = reply[1] if reply else f"{code[0]}50" if code else "450" if failure.action == "delayed" else "550"
    if code and code[0] != first[0] and not reply:
        first = f"{code[0]}50"
    return f"{first} {code} {rest.strip(' -:;')}"
