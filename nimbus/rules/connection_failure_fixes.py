"""Which buttons and links a failed connection test offers."""

from collections.abc import Callable, Iterator, Mapping

from nimbus.rules.connection_failure_kinds import Attempted, FailureCode, Fix
from nimbus.rules.connection_test import DEFAULT_PORTS, Security
from nimbus.rules.mail_hosts import MailHost, mail_host

_MAX_FOLDERS = 5

Detail = Mapping[str, str]

TRY_AGAIN = Fix("try_again", "Test again", {})
CHANGE_PASSWORD = Fix("change_password", "Change password and test again")
APP_PASSWORD_HELP = Fix("app_password_help", "How to make an app password", help_anchor="app-passwords")
ALLOW_OLD_TLS = Fix("allow_old_tls", "Allow older TLS for this account", {"allow_old_tls": True})
ALLOW_UNVERIFIED = Fix(
    "allow_unverified", "Accept this server's certificate unverified", {"allow_unverified": True}
)


def fixes_for(code: FailureCode, attempted: Attempted, detail: Detail) -> Iterator[Fix]:
    """The fixes for this failure, the likeliest first; never one that changes nothing."""
    offer = _OFFERS.get(code)
    return iter(()) if offer is None else offer(attempted, detail)


def _other_ports(attempted: Attempted, _detail: Detail) -> Iterator[Fix]:
    """The usual encrypted ways to reach this leg's server, without the one that was tried."""
    for security in (Security.SSL, Security.STARTTLS):
        yield from _switch(attempted, security, DEFAULT_PORTS[attempted.leg][security])


def _switch(attempted: Attempted, security: Security, port: int) -> Iterator[Fix]:
    if (security, port) == (attempted.security, attempted.port):
        return
    word = "SSL" if security is Security.SSL else "STARTTLS"
    yield Fix(
        f"{security}_{port}",
        f"Try {word} on {port}",
        {f"{attempted.leg}_security": security.value, f"{attempted.leg}_port": port},
    )


def _same_port(security: Security) -> Callable[[Attempted, Detail], Iterator[Fix]]:
    def offers(attempted: Attempted, detail: Detail) -> Iterator[Fix]:
        here = list(_switch(attempted, security, attempted.port))
        yield from here
        yield from (fix for fix in _other_ports(attempted, detail) if fix not in here)

    return offers


def _dns(attempted: Attempted, detail: Detail) -> Iterator[Fix]:
    if suggestion := detail.get("suggestion"):
        yield Fix("use_suggestion", f"Use {suggestion}", {f"{attempted.leg}_host": suggestion})


def _handshake(attempted: Attempted, detail: Detail) -> Iterator[Fix]:
    if detail.get("kind") == "plain":
        yield from _same_port(Security.STARTTLS)(attempted, detail)
        return
    yield from _other_ports(attempted, detail)
    if not attempted.allow_old_tls:
        yield ALLOW_OLD_TLS


def _certificate(attempted: Attempted, detail: Detail) -> Iterator[Fix]:
    name = detail.get("names", "").partition(", ")[0]
    if name and not name.startswith("*"):
        yield Fix("use_certificate_name", f"Use {name}", {f"{attempted.leg}_host": name})
    if detail.get("kind") in {"self_signed", "unknown_issuer"} and not attempted.allow_unverified:
        yield ALLOW_UNVERIFIED


def _password(attempted: Attempted, _detail: Detail) -> Iterator[Fix]:
    yield CHANGE_PASSWORD
    if mail_host(attempted.host) is MailHost.MICROSOFT:
        yield from _provider(attempted, _detail)
    else:
        yield APP_PASSWORD_HELP


def _provider(attempted: Attempted, _detail: Detail) -> Iterator[Fix]:
    host = mail_host(attempted.host)
    if host is MailHost.MICROSOFT:
        yield Fix("connect_microsoft", "Connect with Microsoft instead", help_anchor="microsoft")
    elif host is MailHost.GOOGLE:
        yield Fix("connect_google", "Connect with Google instead", help_anchor="gmail")


def _folders(attempted: Attempted, detail: Detail) -> Iterator[Fix]:
    names = detail.get("folders", "").splitlines()
    for number, name in enumerate(names[:_MAX_FOLDERS]):
        if name != attempted.folder:
            yield Fix(f"folder_{number}", f"Use “{name}”", {"imap_folder": name})


def _wait(attempted: Attempted, _detail: Detail) -> Iterator[Fix]:
    yield Fix("wait_more", f"Wait {attempted.reply_seconds:g} s more")
    if attempted.folder.upper() != "INBOX":
        yield Fix("folder_inbox", "Use “INBOX”", {"imap_folder": "INBOX"})


def _again(_attempted: Attempted, _detail: Detail) -> Iterator[Fix]:
    yield TRY_AGAIN


def _address(_attempted: Attempted, _detail: Detail) -> Iterator[Fix]:
    yield Fix("check_address", "Check the address")


_OFFERS: dict[FailureCode, Callable[[Attempted, Detail], Iterator[Fix]]] = {
    FailureCode.DNS: _dns,
    FailureCode.DNS_TEMPORARY: _again,
    FailureCode.CLEAR_TEXT_REFUSED: _other_ports,
    FailureCode.TIMEOUT: _other_ports,
    FailureCode.REFUSED: _other_ports,
    FailureCode.UNREACHABLE: _again,
    FailureCode.TURNED_AWAY: _again,
    FailureCode.CLOSED: _again,
    FailureCode.PROTOCOL: _other_ports,
    FailureCode.TLS_HANDSHAKE: _handshake,
    FailureCode.TLS_CERT: _certificate,
    FailureCode.TLS_MISMATCH: _same_port(Security.SSL),
    FailureCode.NO_STARTTLS: _other_ports,
    FailureCode.STARTTLS_REQUIRED: _same_port(Security.STARTTLS),
    FailureCode.AUTH_FAILED: _password,
    FailureCode.APP_PASSWORD: _password,
    FailureCode.USE_OAUTH: _provider,
    FailureCode.AUTH_NOT_OFFERED: _other_ports,
    FailureCode.AUTH_TEMPORARY: _again,
    FailureCode.TOO_MANY_LOGINS: _again,
    FailureCode.WEB_LOGIN: _password,
    FailureCode.PASSWORD_EXPIRED: _password,
    FailureCode.CONTACT_ADMIN: _again,
    FailureCode.IMAP_OFF: _again,
    FailureCode.SENDER_REFUSED: _address,
    FailureCode.TEST_DEFERRED: _again,
    FailureCode.FOLDER: _folders,
    FailureCode.NO_REPLY_SEEN: _wait,
    FailureCode.ACCOUNT_LIMIT: _again,
    FailureCode.INTERRUPTED: _again,
    FailureCode.INTERNAL: _again,
}
