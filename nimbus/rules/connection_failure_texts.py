"""The words for each way a connection test fails: title, sentence, advice. Braces are filled from what was tried."""

from typing import NamedTuple

from nimbus.rules.account_limits import WAY_OUT
from nimbus.rules.connection_test import Security
from nimbus.rules.mail_hosts import MailHost

SECURITY_WORDS = {Security.SSL: "SSL", Security.STARTTLS: "STARTTLS", Security.NONE: "no encryption"}

APP_PASSWORD_HINTS = {
    MailHost.GOOGLE: "Gmail with 2-step verification takes only an app password, which Google makes for you "
    "under Security.",
    MailHost.MICROSOFT: "For Microsoft 365 and Outlook.com, connect with Microsoft instead of a password.",
    MailHost.YAHOO: "Yahoo and AOL take only an app password, made under Account security.",
    MailHost.APPLE: "iCloud takes only an app-specific password, made on account.apple.com.",
    MailHost.OTHER: "With two-step sign-in switched on, make an app password in the mailbox's security settings.",
}


class Words(NamedTuple):
    """What a page says; `{server}` is host:port."""

    title: str
    sentence: str
    advice: str


_HANDSHAKE = "TLS handshake failure"
_CERTIFICATE = "Certificate problem"
_OLD_TLS = "NimbusOS supports older TLS versions, but they are off by default."
_ASK_HOST = "Ask your mail host which server name, port and encryption it uses."

# Keys are failure codes, followed by ".kind" where a code has kinds.
WORDS: dict[str, Words] = {
    "dns": Words(
        "Server not found",
        "There is no server called “{host}”.{did_you_mean}",
        "Check the spelling of the host, or copy it from your mail host's instructions.",
    ),
    "dns_temporary": Words(
        "Server not found",
        "“{host}” could not be looked up: its name servers gave no answer.",
        "This often passes within minutes. If it stays, check the spelling of the host.",
    ),
    "not_allowed": Words(
        "Connection not allowed",
        "Connections to this server and port are not allowed.",
        "Mail servers on the public internet can be reached on ports 25, 465, 587 and 2525 (SMTP), 143 and 993 "
        "(IMAP). Whoever runs this NimbusOS can allow others.",
    ),
    "clear_text_refused": Words(
        "Encryption needed",
        "{server} is on the public internet, and NimbusOS never sends a password there without encryption.",
        "Choose SSL or STARTTLS. Every mail host on the internet offers one of them.",
    ),
    "timeout": Words(
        "Connection timeout",
        "Connection timed out: no answer from {server} within {step_seconds} s. A firewall may block the port, or "
        "the port is wrong.",
        "Try the other usual port. " + _ASK_HOST,
    ),
    "refused": Words(
        "Connection refused",
        "Connection refused: {host} is there, but nothing listens on port {port}.",
        "Try the other usual port. " + _ASK_HOST,
    ),
    "unreachable": Words(
        "Server unreachable",
        "There is no way to {server} from here: the network answered for it.",
        "Check the host. If it is right, a firewall or the network of this NimbusOS is in the way.",
    ),
    "turned_away": Words(
        "Server turned us away",
        "{server} answered, but will not serve this machine or this mailbox now.",
        "Its own words below say why. If it names a block list or a limit, only your mail host can lift that.",
    ),
    "closed": Words(
        "Connection closed",
        "{server} closed the connection in the middle of the conversation.",
        "The server may be busy or may not like this machine's address. Try again in a minute; "
        "if it stays, show the dialogue below to your mail host.",
    ),
    "protocol": Words(
        "Not the answer of a mail server",
        "{server} answered, but not as {a_server} does.",
        "Check host and port: another service may listen there. " + _ASK_HOST,
    ),
    "tls_handshake.plain": Words(
        _HANDSHAKE,
        "TLS handshake failure: {server} answered without encryption, so this port expects STARTTLS, not SSL.",
        "Try STARTTLS on this port, or SSL on port {ssl_port}. " + _OLD_TLS,
    ),
    "tls_handshake.version": Words(
        _HANDSHAKE,
        "TLS handshake failure: {server} does not accept the TLS versions we offer ({versions}).",
        "Try switching between STARTTLS and SSL on port {ssl_port}. " + _OLD_TLS + " Allow them only for a "
        "server that cannot be renewed.",
    ),
    "tls_handshake": Words(
        _HANDSHAKE,
        "TLS handshake failure: {server} broke off while encryption was being agreed.",
        "Try switching between STARTTLS and SSL on port {ssl_port}. " + _OLD_TLS,
    ),
    "tls_cert.expired": Words(
        _CERTIFICATE,
        "The certificate of {host} has expired.",
        "Only the mail host can renew it. Ask them, and test again afterwards.",
    ),
    "tls_cert.not_yet_valid": Words(
        _CERTIFICATE,
        "The certificate of {host} is not valid yet.",
        "Check the clock of this machine, then ask your mail host.",
    ),
    "tls_cert.wrong_name": Words(
        _CERTIFICATE,
        "The certificate is for {names}, not for {host}.",
        "Use the server name that the certificate was made for; your mail host's instructions give it.",
    ),
    "tls_cert.self_signed": Words(
        _CERTIFICATE,
        "{host} signed its certificate itself, so nobody vouches that it is the right server.",
        "Use the name of your mail host's public server. If this server is your own, the operator of this "
        "NimbusOS can add its certificate authority.",
    ),
    "tls_cert.unknown_issuer": Words(
        _CERTIFICATE,
        "The certificate of {host} was issued by an authority that is not trusted here.",
        "If the server belongs to your organisation, the operator of this NimbusOS can add its certificate authority.",
    ),
    "tls_cert": Words(
        _CERTIFICATE,
        "The certificate of {host} could not be verified.",
        "Ask your mail host to check its certificate.",
    ),
    "tls_mismatch": Words(
        "Wrong security setting",
        "Port {port} talks SSL at once; {chosen} was chosen.",
        "Switch to SSL on this port.",
    ),
    "no_starttls": Words(
        "Encryption not offered",
        "{server} does not offer STARTTLS.",
        "Try SSL on port {ssl_port}. " + _ASK_HOST,
    ),
    "starttls_required": Words(
        "Encryption needed",
        "{server} wants an encrypted connection before anybody signs in.",
        "Switch to STARTTLS on this port, or to SSL on port {ssl_port}.",
    ),
    "auth_failed": Words(
        "Authentication failed",
        "Authentication failed: the server refused this user name or password. The credential is wrong, or the "
        "mailbox needs an app password instead of the user password.",
        "Check both for typing slips; the user name is often the whole address. {app_password_hint}",
    ),
    "app_password": Words(
        "Authentication failed: app password needed",
        "Authentication failed: this mailbox has two-step sign-in. Use an app password, not the normal one.",
        "{app_password_hint}",
    ),
    "use_oauth.microsoft": Words(
        "Password sign-in is switched off",
        "Authentication failed: Microsoft has switched password sign-in off for this mailbox.",
        "No password will work here, an app password neither. Connect with Microsoft instead.",
    ),
    "use_oauth": Words(
        "Password sign-in is switched off",
        "Authentication failed: {server} accepts no password, only a sign-in at the provider's own page.",
        "Connect through the provider's own sign-in, or switch password sign-in on there.",
    ),
    "auth_not_offered": Words(
        "Sign-in not offered",
        "{server} offers no way to sign in with a password.",
        "This port may be meant for other servers. Try the usual port for mail programs.",
    ),
    "auth_temporary": Words(
        "Sign-in not possible right now",
        "{server} could not check the password just now. That says nothing about whether it is right.",
        "Try again in a few minutes. If it stays, tell your mail host.",
    ),
    "login_disabled": Words(
        "Sign-in switched off",
        "{server} has switched signing in with a password off.",
        "Ask your mail host how mail programs sign in there.",
    ),
    "too_many_logins": Words(
        "Too many sign-ins",
        "{host} refuses further sign-ins for a while, because there were too many.",
        "Wait a quarter of an hour before testing again, and close other programs that use this mailbox.",
    ),
    "web_login": Words(
        "Sign in on the web first",
        "The provider wants somebody to sign in to this mailbox in a web browser and confirm who it is.",
        "Sign in on the provider's page, confirm what it asks, then test again. {app_password_hint}",
    ),
    "password_expired": Words(
        "Authentication failed: password expired",
        "Authentication failed: the password of this mailbox has expired.",
        "Set a new password at your mail host, then enter it here.",
    ),
    "contact_admin": Words(
        "Authentication failed: an administrator must allow it",
        "Authentication failed: the rules of the organisation that runs this mailbox refuse the sign-in.",
        "Ask its administrator to allow this mailbox to sign in from here; show them the server's words.",
    ),
    "imap_off": Words(
        "IMAP is switched off",
        "The password is right, but this mailbox may not be used over IMAP.",
        "Switch IMAP on in the mailbox's settings, or ask its administrator to.",
    ),
    "preauth": Words(
        "Sign-in not checked",
        "{server} lets everybody in without a password, so the password could not be checked.",
        "A mail host on the internet does not do this. Check host and port.",
    ),
    "sender_refused": Words(
        "Sender not allowed",
        "The server will not send as {sender}.",
        "Check the address, or ask your mail host to let this user send as it.",
    ),
    "sender_blocked": Words(
        "Sender blocked",
        "The provider has blocked {sender} from sending.",
        "Its administrator can see why and lift the block. Sending elsewhere will not help until then.",
    ),
    "sending_limit": Words(
        "Daily sending limit reached",
        "The provider's sending limit for {sender} is used up, so the test message was not taken.",
        "Test again when the limit has reset, usually within 24 hours.",
    ),
    "test_refused": Words(
        "Test message refused",
        "The server accepted the sign-in but refused the test message.",
        "Its words below say why. The address may not be able to receive mail, or a filter dislikes the message.",
    ),
    "test_deferred": Words(
        "Test message refused for now",
        "The server accepted the sign-in but will not take the test message at the moment.",
        "This is temporary by the server's own words below. Try again in a few minutes.",
    ),
    "folder": Words(
        "Folder not found",
        "There is no folder called “{folder}” in this mailbox.{folders_found}",
        "Choose the folder where new mail arrives. Almost always that is INBOX, whatever your mail program calls it.",
    ),
    "no_reply_seen": Words(
        "Reply did not arrive",
        "The server took the test message, but it did not reach “{folder}” within {reply_seconds} s. It may be slow, "
        "filtered away, or in a folder that we did not look into.",
        "Look for “NimbusOS connection test” in the mailbox, Junk too. If it is somewhere else, choose that folder.",
    ),
    "account_limit": Words(
        "No room for another inbox",
        "Sending and replies both work, but meanwhile this workspace has reached its limit of inboxes{limit}.",
        WAY_OUT + " Then test again.",
    ),
    "interrupted": Words(
        "Test interrupted",
        "The test was stopped before it had ended. Nothing was saved.",
        "Test again.",
    ),
    "internal": Words(
        "Our side failed",
        "Something went wrong on our side. Nothing was saved.{reference}",
        "Try again. If it stays, give the reference to whoever runs this NimbusOS.",
    ),
}
