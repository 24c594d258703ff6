"""Mail out of each of the three systems, sent as their own clients send it."""

import smtplib
import ssl
from base64 import b64encode, urlsafe_b64encode
from email.message import EmailMessage
from email.policy import SMTP

import requests

from nimbus.sandbox.fleet import Member
from nimbus.sandbox.seed_grants import sign_in
from nimbus.sandbox.world import System

EVERYBODY = ("gus@goo.test", "mia@micro.test", "max@post.test")


def written(sender, recipients=EVERYBODY, subject="Round and round"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(recipients), subject
    message["Message-ID"] = f"<{subject.replace(' ', '-')}@{sender.partition('@')[2]}>"
    message.set_content("Hello.\n")
    return message.as_bytes(policy=SMTP)


def by_google(practice, raw):
    token = _token("gus@goo.test", System.GOOGLE)
    url = practice.environ["GMAIL_API_BASE"] + "/gmail/v1/users/me/messages/send"
    answer = requests.post(url, json={"raw": urlsafe_b64encode(raw).decode()}, headers=token, timeout=10)
    assert answer.status_code == 200, answer.text


def by_microsoft(practice, raw):
    token = _token("mia@micro.test", System.MICROSOFT) | {"Content-Type": "text/plain"}
    url = practice.environ["MS_GRAPH_BASE"] + "/me/sendMail"
    answer = requests.post(url, data=b64encode(raw), headers=token, timeout=10)
    assert answer.status_code == 202, answer.text


def by_smtp(practice, raw, sender="max@post.test", recipients=EVERYBODY, password="practice"):
    with smtp(practice) as client:
        client.login(sender, password)
        return client.sendmail(sender, recipients, raw)


def smtp(practice):
    """A connection that is encrypted and trusted, and not signed in."""
    port = practice.rehearsal.mail_ports["smtps"]
    return smtplib.SMTP_SSL("127.0.0.1", port, context=trusting(practice), timeout=10)


def trusting(practice):
    return ssl.create_default_context(cafile=practice.environ["NIMBUS_CA_FILE"])


def _token(address, system):
    no_workspace = 0  # with an app of its own: that of the settings serves
    tokens = sign_in(no_workspace, Member(address, "", system)).tokens
    return {"Authorization": f"Bearer {tokens.access.reveal()}"}
