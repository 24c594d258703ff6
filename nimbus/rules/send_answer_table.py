"""The one table from a server's refusal to what it means (`deliverability.md` 11.2, `providers.md` 4.6 and 4.7).

The first row that matches decides, so the order is the order of trust: our own side, an enhanced code or a reply code
that says one thing only, the words beside a code that says many, what such a code means without words, unknown.
Patterns see an answer as "550 5.7.1 text", with the enhanced code in front, of the class of the reply code (that one
ends the dialogue), and without addresses and URLs, whose words are nobody's judgement.
"""

import re
from typing import NamedTuple

from nimbus.rules import mail_answers
from nimbus.rules.mail_hosts import MailHost
from nimbus.rules.send_answer_kinds import Category, Stage


class Row(NamedTuple):
    """At these stages, an answer with this pattern, is of this category."""

    stages: frozenset[Stage]
    pattern: re.Pattern[str]
    category: Category
    at: MailHost | None = None  # only from this provider's servers


BEFORE_SIGN_IN = frozenset({Stage.CONNECT, Stage.GREETING, Stage.HELLO, Stage.ENCRYPT})
_SIGN_IN = frozenset({Stage.SIGN_IN})
_SESSION = BEFORE_SIGN_IN | _SIGN_IN
_ENVELOPE = frozenset({Stage.MAIL, Stage.RCPT})
_MESSAGE = frozenset(Stage) - _SESSION


def _row(stages: frozenset[Stage], pattern: str, category: Category, *, at: MailHost | None = None) -> Row:
    return Row(stages, re.compile(pattern, re.IGNORECASE), category, at)


_SENDER_SUSPENDED = r"\b(your|sender'?s?|sending|outbound|outgoing)\b.{0,40}suspen(ded|sion)"
_TOO_MUCH = (
    r"\brate\b|rate[- ]?limit|unusual|unsolicited|suspicious|reputation|too (many|much|fast|quickly)|volume"
    r"|complaint|throttl|frequent|exceeded|slow down|concurrent|block ?list|blacklist|\bspam\b|\b(RP|DY|OU|SC)-00\d|\[TSS?\d"
)

# Nothing here is about a recipient: whatever comes, the message waits.
_SESSION_ROWS = (
    _row(_SESSION, f"{_SENDER_SUSPENDED}|{mail_answers.SENDER_BLOCKED}", Category.SUSPENDED),
    _row(_SIGN_IN, r"^5|[45]\.7\.12\b|password .*expired", Category.AUTH_LOGIN),
    _row(_SESSION, f"{mail_answers.TOO_MANY_LOGINS}|^432|{_TOO_MUCH}", Category.THROTTLE),
    _row(_SESSION, r"^421 4\.7\.0", Category.THROTTLE, at=MailHost.GOOGLE),
    _row(_SIGN_IN, r"^454", Category.AUTH_LOGIN),  # named so by 11.2, although servers call it temporary
    _row(BEFORE_SIGN_IN, r"^5", Category.CONNECTION),
    _row(_SESSION, r"^4", Category.SOFT_TEMP),
)

_OWN_SIDE = (
    # A group that only takes mail from its own people: its "authentication required" is no call to sign in.
    _row(_MESSAGE, r"^5.. 5\.7\.13[3-6]\b|^5.*RESOLVER\.RST", Category.BLOCK_POLICY),
    _row(
        _MESSAGE,
        r"^53[0458]|^525|[45]\.7\.(3|8|11|13|14|57|139)\b|basic authentication is",
        Category.AUTH_LOGIN,
    ),
    _row(_ENVELOPE, f"{mail_answers.STARTTLS_REQUIRED}|{mail_answers.NOT_SIGNED_IN}", Category.AUTH_LOGIN),
    _row(_MESSAGE, r"^5.. 5\.7\.9 .*(authenticat|credentials|password)", Category.AUTH_LOGIN),
    _row(
        _MESSAGE,
        r"(emails|messages|mails) per (hour|minute)|hourly (sending )?(limit|quota)",
        Category.THROTTLE,
    ),
    _row(_MESSAGE, mail_answers.SENDING_LIMIT, Category.PROVIDER_LIMIT),
    _row(
        _MESSAGE,
        r"5\.1\.90\b|limit (for|on) sending|(emails|messages|mails) per day|(daily|outgoing|sender) message (limit|quota)",
        Category.PROVIDER_LIMIT,
    ),
    _row(
        _ENVELOPE,
        r"^5.*(relay(ing)? (access )?(denied|not (permitted|allowed))|(unable|not (permitted|allowed)) to relay|rcpthosts)",
        Category.AUTH_LOGIN,
    ),
    _row(_MESSAGE, f"{mail_answers.SENDER_BLOCKED}|{_SENDER_SUSPENDED}", Category.SUSPENDED),
    _row(_MESSAGE, f"{mail_answers.SENDER_REFUSED}|5\\.1\\.[78]\\b", Category.BLOCK_POLICY),
)

_TELLING_CODES = (
    _row(_MESSAGE, r"^5.. 5\.2\.(1 .*receiving mail at a rate|122\b)", Category.SOFT_TEMP),
    _row(_MESSAGE, r"^5.. 5\.1\.10 .*(null ?mx|does not accept mail)", Category.HARD_DOMAIN),
    _row(_MESSAGE, r"^5.. 5\.4\.1 .*(address rejected|access denied)", Category.HARD_INVALID),
    _row(_MESSAGE, r"^5.. 5\.(1\.(1|3|6|10)|2\.1)\b", Category.HARD_INVALID),
    _row(_MESSAGE, r"^5.. 5\.(1\.2|4\.1|4\.4|4\.310)\b|^(521|556)\b", Category.HARD_DOMAIN),
    _row(_MESSAGE, r"^551 (?!5\.)", Category.HARD_INVALID),
    _row(_MESSAGE, r"^... [45]\.2\.2\b", Category.SOFT_FULL),
    _row(_MESSAGE, r"^5.. 5\.6\.[79]\b|^5.*smtputf8", Category.BAD_ADDRESS),
    _row(
        _MESSAGE,
        r"^5.. 5\.(2\.3|3\.4|5\.[1-9]|6\.0|6\.11|7\.512)\b|^(50[0-4]|555)\b",
        Category.SIZE_OR_FORMAT,
    ),
    _row(_MESSAGE, r"^5.. 5\.4\.(7|300)\b", Category.EXPIRED),
    _row(_MESSAGE, r"^552 5\.7\.0\b|^5.. 5\.6\.", Category.BLOCK_CONTENT),
    _row(_MESSAGE, r"^5.. 5\.7\.(2[0-79]|3\d|40|509|515)\b", Category.BLOCK_AUTH),
    _row(_MESSAGE, r"^5.. 5\.7\.(60|520|703)\b", Category.BLOCK_POLICY),
    _row(_MESSAGE, r"^5.. 5\.7\.(28|[5-7]\d\d)\b", Category.BLOCK_REPUTATION),
    _row(_MESSAGE, r"^432|^4.. 4\.7\.(2\d|3\d|[5-7]\d\d)\b", Category.THROTTLE),
    _row(_MESSAGE, r"^4.. 4\.[124]\.", Category.SOFT_TEMP),
)

# Beside a code that says many things: 5.7.1 above all, and a bare 550 or 554.
_TELLING_WORDS = (
    _row(
        _MESSAGE,
        r"^... .*(mailbox|inbox|storage|over ?quota|quota) ?(is )?(full|exceeded|allocation)",
        Category.SOFT_FULL,
    ),
    _row(
        _MESSAGE,
        r"^... .*(over ?quota|(over|exceed(s|ed)?) .*(quota|storage)|mailbox .*(full|size limit))",
        Category.SOFT_FULL,
    ),
    _row(_MESSAGE, f"^4.*({_TOO_MUCH})", Category.THROTTLE),
    _row(_MESSAGE, r"^421 4\.7\.0", Category.THROTTLE, at=MailHost.GOOGLE),
    _row(_MESSAGE, r"^4", Category.SOFT_TEMP),
    _row(
        _MESSAGE,
        r"\b(dmarc|dkim|spf)\b|unauthenticated|required authentication level|ptr (resource )?record|reverse dns|rdns",
        Category.BLOCK_AUTH,
    ),
    _row(
        _MESSAGE,
        r"reputation|spamhaus|spamcop|barracuda|block ?list|blacklist|\b(dnsbl|rbl)\b|\blisted (at|by|in|on)\b"
        r"|\bbanned\b|\b(RP|DY|OU|SC)-00\d|\[TSS?\d|\bS31[45]0\b",
        Category.BLOCK_REPUTATION,
    ),
    _row(
        _MESSAGE,
        r"unsolicited|\bspam|virus|malware|phish|attachment|suspicious|content .*(reject|block|not accept)|security issue",
        Category.BLOCK_CONTENT,
    ),
    _row(
        _MESSAGE,
        r"message (size|(is )?too (large|big))|(exceeds?|maximum) .*size|line (is )?too long|bare (lf|cr)|malformed",
        Category.SIZE_OR_FORMAT,
    ),
    _row(
        _MESSAGE,
        r"(domain|host) .*(not (found|exist)|unknown)|(unknown|no such) (domain|host)|unrouteable|unroutable"
        r"|nxdomain|null ?mx|no (valid )?mx\b|does not accept mail",
        Category.HARD_DOMAIN,
    ),
    _row(
        _MESSAGE,
        r"(user|recipient|mailbox|address|account) .{0,40}(unknown|not found|(does|do|did) ?n[o']t exist|disabled"
        r"|inactive|deactivated|closed|no longer)|(unknown|invalid|no such|nonexistent) (local )?(user|recipient"
        r"|mailbox|address|person|account)|user doesn'?t have|mailbox unavailable|recipient rejected|no mailbox (here|by)",
        Category.HARD_INVALID,
    ),
    _row(
        _MESSAGE,
        r"policy|policies|denied|refused|blocked|prohibit|not (allowed|permitted|authori[sz]ed)",
        Category.BLOCK_POLICY,
    ),
)

_WITHOUT_WORDS = (
    _row(_MESSAGE, r"^5.. 5\.[12]\.0\b", Category.HARD_INVALID),
    _row(_MESSAGE, r"^5.. 5\.5\.0\b", Category.SIZE_OR_FORMAT),
    _row(_MESSAGE, r"^5.. 5\.7\.", Category.BLOCK_POLICY),
    _row(_MESSAGE, r"^5", Category.UNKNOWN),
)

TABLE = _SESSION_ROWS + _OWN_SIDE + _TELLING_CODES + _TELLING_WORDS + _WITHOUT_WORDS

# In answer to MAIL the recipient has not been named yet: what sounds like him is about the sender.
AT_MAIL = {
    Category.HARD_INVALID: Category.BLOCK_POLICY,
    Category.HARD_DOMAIN: Category.BLOCK_POLICY,
    Category.SOFT_FULL: Category.SOFT_TEMP,
}
