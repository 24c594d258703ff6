"""The one table from foreign answers to our kinds of failure: what servers say, and what Python raises."""

import errno
import imaplib
import re
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from nimbus.providers.errors import one_line
from nimbus.providers.smtp_imap.replies import IMAP_REFUSAL, SMTP_REFUSAL, NonsenseError, NotWelcomeError
from nimbus.rules import mail_answers
from nimbus.rules.connection_failure import FailureCode as F
from nimbus.rules.connection_test import Leg, Step
from nimbus.rules.mail_hosts import MailHost, mail_host
from nimbus.security.outbound import NotAllowedError, TooMuchDataError


@dataclass(frozen=True)
class Verdict:
    """What a failure is; `permanent`: the same try will fail again; `said`: the server's own words show it."""

    code: F
    permanent: bool
    said: bool = False
    detail: Mapping[str, str] = field(default_factory=dict)


class Answer(NamedTuple):
    """A row of the table: at these steps, an answer matching this pattern, is this failure."""

    steps: frozenset[Step]
    pattern: re.Pattern[str]
    code: F
    at: MailHost | None = None  # only from this provider's servers


def _answer(steps: set[Step] | None, pattern: str, code: F, *, at: MailHost | None = None) -> Answer:
    return Answer(frozenset(steps or Step), re.compile(pattern, re.IGNORECASE), code, at)


_SIGN_IN = {Step.SIGN_IN}
_MESSAGE = {Step.HAND_OVER}
_FOLDER = {Step.OPEN_FOLDER, Step.FIND_REPLY}

# The first row that matches decides. Answers read "535 5.7.8 text", the code once, lines joined.
SMTP_ANSWERS = (
    _answer(None, mail_answers.STARTTLS_REQUIRED, F.STARTTLS_REQUIRED),
    _answer(
        None, r"application-specific password|InvalidSecondFactor|app(lication)? password", F.APP_PASSWORD
    ),
    _answer(None, r"5\.7\.14|web browser|WEBALERT|web login required", F.WEB_LOGIN),
    _answer(
        None,
        r"basic authentication is (disabled|not supported)|SmtpClientAuthentication is disabled|5\.7\.30",
        F.USE_OAUTH,
    ),
    _answer(None, r"security defaults", F.USE_OAUTH),
    _answer(None, r"did not meet the criteria|5\.7\.13\b|^525", F.CONTACT_ADMIN),
    _answer(_SIGN_IN, r"[45]\.7\.12\b|password .*expired", F.PASSWORD_EXPIRED),
    _answer(
        _SIGN_IN,
        r"too many|AUTH005|concurrent connections|^421|^432|4\.7\.0 .*login attempts",
        F.TOO_MANY_LOGINS,
    ),
    _answer(
        _SIGN_IN,
        r"too weak|not enabled|not (supported|implemented|available|recognized)|^50[2-4]",
        F.AUTH_NOT_OFFERED,
    ),
    _answer(_SIGN_IN, r"^4", F.AUTH_TEMPORARY),
    _answer(_SIGN_IN, r"^5", F.AUTH_FAILED),
    _answer(_MESSAGE, mail_answers.SENDING_LIMIT, F.SENDING_LIMIT),
    _answer(_MESSAGE, mail_answers.SENDER_BLOCKED, F.SENDER_BLOCKED),
    _answer(_MESSAGE, mail_answers.NOT_SIGNED_IN, F.AUTH_FAILED),
    _answer(_MESSAGE, mail_answers.SENDER_REFUSED, F.SENDER_REFUSED),
    _answer(_MESSAGE, r"^4", F.TEST_DEFERRED),
    _answer(_MESSAGE, r"^5", F.TEST_REFUSED),
    _answer({Step.ENCRYPT}, r"^[45]", F.NO_STARTTLS),
    _answer(None, mail_answers.TOO_MANY_LOGINS, F.TOO_MANY_LOGINS),
    _answer(None, r"^[45]", F.TURNED_AWAY),
)

# Answers read "NO [CODE] text", "BAD text" or "BYE text", without the tag.
IMAP_ANSWERS = (
    _answer(None, r"too many|simultaneous connections|\[LIMIT\]|bandwidth limit", F.TOO_MANY_LOGINS),
    _answer(None, r"application-specific password|app(lication)? password", F.APP_PASSWORD),
    _answer(None, r"WEBALERT|web login required|web browser", F.WEB_LOGIN),
    _answer(
        None,
        r"authenticated but not connected|IMAP (access|use)|not enabled for IMAP|IMAP.* (disabled|switched off)",
        F.IMAP_OFF,
    ),
    _answer(
        _SIGN_IN,
        r"\[PRIVACYREQUIRED\]|(plain|clear)-?text .*(disallowed|disabled|not allowed)",
        F.STARTTLS_REQUIRED,
    ),
    _answer(_SIGN_IN, r"\[EXPIRED\]|password .*expired", F.PASSWORD_EXPIRED),
    _answer(_SIGN_IN, r"\[(CONTACTADMIN|AUTHORIZATIONFAILED|NOPERM)\]", F.CONTACT_ADMIN),
    _answer(_SIGN_IN, r"\[(UNAVAILABLE|INUSE|SERVERBUG)\]|temporary|try again later", F.AUTH_TEMPORARY),
    _answer(
        _SIGN_IN,
        r"basic ?auth(entication)? (is )?(disabled|blocked)|LOGINDISABLED|login (is )?disabled",
        F.USE_OAUTH,
        at=MailHost.MICROSOFT,
    ),
    _answer(_SIGN_IN, r"(LOGIN|AUTHENTICATE) failed", F.USE_OAUTH, at=MailHost.MICROSOFT),
    _answer(_SIGN_IN, r"LOGINDISABLED|login (is )?disabled", F.LOGIN_DISABLED),
    _answer(_SIGN_IN, r"unsupported|not supported|unknown (authentication )?mechanism", F.AUTH_NOT_OFFERED),
    _answer(_SIGN_IN, r"^NO", F.AUTH_FAILED),
    _answer(_SIGN_IN, r"^BAD .*(auth|login|credentials|password)", F.AUTH_FAILED),
    _answer(_FOLDER, r"\[(UNAVAILABLE|INUSE|SERVERBUG)\]|temporary", F.TURNED_AWAY),
    _answer({Step.OPEN_FOLDER}, r"^(NO|BAD)", F.FOLDER),
    _answer({Step.ENCRYPT}, r"^(NO|BAD)", F.NO_STARTTLS),
    _answer(None, r"^BYE .*(inactiv|idle|timeout|timed out)|^BYE$", F.CLOSED),
    _answer(None, r"^BYE", F.TURNED_AWAY),
    _answer(None, r"^BAD", F.PROTOCOL),
    _answer(None, r"^NO", F.TURNED_AWAY),
)

_PASSING = {F.AUTH_TEMPORARY, F.TOO_MANY_LOGINS, F.TEST_DEFERRED, F.SENDING_LIMIT, F.CLOSED, F.WEB_LOGIN}


def smtp_verdict(step: Step, answer: str, host: str = "") -> Verdict:
    """What a refusing SMTP reply means; `answer` is its code and text on one line."""
    row = _first(SMTP_ANSWERS, step, answer, host)
    if row is None:
        return Verdict(F.PROTOCOL, permanent=True, said=True)
    permanent = answer.startswith("5") and not answer.startswith("503") and row.code not in _PASSING
    return Verdict(row.code, permanent=permanent, said=True)


def imap_verdict(step: Step, answer: str, host: str = "") -> Verdict:
    """What an IMAP refusal means; `answer` starts with NO, BAD or BYE."""
    row = _first(IMAP_ANSWERS, step, answer, host)
    code = row.code if row else F.PROTOCOL
    return Verdict(code, permanent=code not in _PASSING | {F.TURNED_AWAY}, said=True)


def _first(table: tuple[Answer, ...], step: Step, answer: str, host: str) -> Answer | None:
    whose = mail_host(host)
    fitting = (row for row in table if step in row.steps and row.at in {None, whose})
    return next((row for row in fitting if row.pattern.search(answer)), None)


_CERTIFICATE_KINDS = {
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    19: "unknown_issuer",
    20: "unknown_issuer",
    21: "unknown_issuer",
    2: "unknown_issuer",
    62: "wrong_name",
    64: "wrong_name",
}  # OpenSSL's X509_V_ERR numbers; 19: the chain ends in an authority of its own making

_TLS_KINDS = {
    "WRONG_VERSION_NUMBER": "plain",
    "HTTP_REQUEST": "plain",
    "UNKNOWN_PROTOCOL": "plain",
    "PACKET_LENGTH_TOO_LONG": "plain",
    "RECORD_LAYER_FAILURE": "plain",
    "UNSUPPORTED_PROTOCOL": "version",
    "TLSV1_ALERT_PROTOCOL_VERSION": "version",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "version",
    "NO_SHARED_CIPHER": "version",
    "NO_PROTOCOLS_AVAILABLE": "version",
    "WRONG_SSL_VERSION": "version",
    "DH_KEY_TOO_SMALL": "version",
    "EE_KEY_TOO_SMALL": "version",
    "CA_MD_TOO_WEAK": "version",
    "INTERNAL_ERROR": "version",
}

_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}


def verdict_on(error: Exception, leg: Leg, step: Step, *, host: str, heard: bytes) -> Verdict | None:
    """What an exception means, given the server's latest answer; None for a fault that is not the world's."""
    said = one_line(heard)
    if not isinstance(error, TimeoutError):
        if leg is Leg.SMTP and SMTP_REFUSAL.match(said):
            at = Step.CONNECT if isinstance(error, NotWelcomeError) else step
            verdict = smtp_verdict(at, said, host)
            by_sender = isinstance(error, smtplib.SMTPSenderRefused) and verdict.code is F.TEST_REFUSED
            return replace(verdict, code=F.SENDER_REFUSED) if by_sender else verdict
        if leg is Leg.IMAP and (refusal := IMAP_REFUSAL.match(said)):
            return imap_verdict(step, refusal["answer"], host)
    if isinstance(error, smtplib.SMTPNotSupportedError):  # an address beyond ASCII, and no SMTPUTF8
        return Verdict(F.SENDER_REFUSED, permanent=True)
    if isinstance(error, (NonsenseError, imaplib.IMAP4.error, smtplib.SMTPException)):
        return Verdict(F.PROTOCOL, permanent=True, said=True)
    return _network_verdict(error, step)


def certificate_verdict(verify_code: int) -> Verdict:
    """What a failed verification means, by OpenSSL's number for it."""
    return Verdict(F.TLS_CERT, permanent=True, detail={"kind": _CERTIFICATE_KINDS.get(verify_code, "other")})


_RAISED: tuple[tuple[type[Exception], F, bool], ...] = (
    (NotAllowedError, F.NOT_ALLOWED, True),
    (TooMuchDataError, F.PROTOCOL, True),
    (TimeoutError, F.TIMEOUT, False),
    (ConnectionRefusedError, F.REFUSED, False),
)


def _network_verdict(error: Exception, step: Step) -> Verdict | None:
    for raised, code, permanent in _RAISED:
        if isinstance(error, raised):
            return Verdict(code, permanent=permanent)
    if not isinstance(error, OSError):
        return None
    if step is Step.ENCRYPT:
        reason = getattr(error, "reason", None) or ""
        return Verdict(F.TLS_HANDSHAKE, permanent=True, detail={"kind": _TLS_KINDS.get(reason, "broken_off")})
    return Verdict(F.UNREACHABLE if error.errno in _NO_ROUTE else F.CLOSED, permanent=False)
