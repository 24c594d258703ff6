"""The floor of a connection test: the same two legs with nothing around them, as a person would script them.

One TLS context for all connections, one look after another with a short, growing pause: what the product does
as well. Nothing is stored, shown, guarded or explained.
"""

import imaplib
import secrets
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import formatdate

from tests.servers.mail import MailStack


def round_trip(
    stack: MailStack, context: ssl.SSLContext, *, legs: tuple[str, str], address: str, password: str
) -> None:
    """Send one message to oneself and find it over IMAP; `legs` are the encryptions of SMTP and IMAP."""
    nonce = secrets.token_hex(16)
    with _smtp(stack, context, legs[0]) as smtp:
        smtp.login(address, password)
        smtp.send_message(_message(address, nonce))
    imap = _imap(stack, context, legs[1])
    imap.login(address, password)
    imap.select("INBOX", readonly=True)
    pause = 0.005
    while not imap.uid("SEARCH", "HEADER", "X-Nonce", nonce)[1][0]:
        time.sleep(pause)
        pause *= 2
        imap.noop()
    imap.logout()


def _message(address: str, nonce: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = message["To"] = address
    message["Subject"] = "A message to myself"
    message["Date"] = formatdate()
    message["X-Nonce"] = nonce
    message.set_content("One line.\n")
    return message


def _smtp(stack: MailStack, context: ssl.SSLContext, security: str) -> smtplib.SMTP:
    if security == "ssl":
        return smtplib.SMTP_SSL("127.0.0.1", stack.smtp_ssl, context=context, timeout=15)
    port = stack.smtp_starttls if security == "starttls" else stack.smtp_plain
    smtp = smtplib.SMTP("127.0.0.1", port, timeout=15)
    if security == "starttls":
        smtp.starttls(context=context)
    return smtp


def _imap(stack: MailStack, context: ssl.SSLContext, security: str) -> imaplib.IMAP4:
    if security == "ssl":
        return imaplib.IMAP4_SSL("127.0.0.1", stack.imap_ssl, ssl_context=context, timeout=15)
    imap = imaplib.IMAP4("127.0.0.1", stack.imap_plain, timeout=15)
    if security == "starttls":
        imap.starttls(context)
    return imap
