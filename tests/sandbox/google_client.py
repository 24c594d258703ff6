"""A plain HTTP client of the practice Google, and a letter to send."""

import base64
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

import requests

from nimbus.sandbox.google_grants import PROFILE, READ, SEND

CALLBACK = "http://localhost:8000/oauth/google/callback"
SCOPES = f"{SEND} {READ} profile"
CLIENT_ID, CLIENT_SECRET = "1234.apps.googleusercontent.com", "GOCSPX-practice"


class GoogleClient:
    """What a program does with Google, by requests alone. Answers are plain responses; nothing is followed."""

    def __init__(self, url, world, grants):
        self.url, self.world, self.grants = url, world, grants
        self.app = world.apps[CLIENT_ID]

    def question(self, **changed):
        """The parameters of an authorization request; None leaves one out."""
        usual = {
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": SCOPES,
            "access_type": "offline",
            "prompt": "consent",
            "state": "a-state",
        }
        return {name: value for name, value in (usual | changed).items() if value is not None}

    def page(self, **changed):
        return requests.get(
            f"{self.url}/o/oauth2/v2/auth", self.question(**changed), allow_redirects=False, timeout=10
        )

    def decide(self, account="ann@example.com", *, decision="allow", scopes=(SEND, READ), **changed):
        """Answer the consent page; the parameters of the address that it leads to, or the response if to none."""
        response = requests.post(
            f"{self.url}/o/oauth2/v2/auth",
            params=self.question(**changed),
            data={"account": account, "scope": list(scopes), "decision": decision},
            allow_redirects=False,
            timeout=10,
        )
        if response.status_code != 302:
            return response
        assert response.headers["Location"].startswith(f"{CALLBACK}?")
        return {
            name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()
        }

    def token(self, **form):
        usual = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": CALLBACK}
        return requests.post(f"{self.url}/token", usual | form, timeout=10)

    def exchange(self, code, **form):
        return self.token(grant_type="authorization_code", code=code, **form)

    def refresh(self, token, **form):
        return self.token(grant_type="refresh_token", refresh_token=token, **form)

    def revoke(self, token):
        return requests.post(f"{self.url}/revoke", {"token": token}, timeout=10)

    def userinfo(self, token):
        return requests.get(f"{self.url}/v1/userinfo", headers=bearing(token), timeout=10)

    def gmail(self, address="ann@example.com", scopes=(SEND, READ, PROFILE)):
        """The API in the name of somebody who has permitted this."""
        tokens = self.grants.issue(self.app, self.world.mailboxes[address], scopes)
        return Gmail(self.url, tokens["access_token"])


class Gmail:
    """The Gmail API with one access token."""

    def __init__(self, url, token):
        self.url, self.headers = f"{url}/gmail/v1/users/me", bearing(token)
        self.upload_url = f"{url}/upload/gmail/v1/users/me/messages/send"

    def get(self, path, **params):
        return requests.get(f"{self.url}/{path}", params, headers=self.headers, timeout=10)

    def post(self, path, body):
        return requests.post(f"{self.url}/{path}", json=body, headers=self.headers, timeout=10)

    def send(self, raw, **more):
        return self.post("messages/send", {"raw": base64.urlsafe_b64encode(raw).decode()} | more)

    def upload(self, data, kind, content_type):
        return requests.post(
            self.upload_url,
            data,
            params={"uploadType": kind},
            headers=self.headers | {"Content-Type": content_type},
            timeout=10,
        )


def bearing(token):
    return {"Authorization": f"Bearer {token}"}


def letter(subject="Hello", *, sender="Ann <ann@example.com>", to="bob@gmail.com", **headers):
    """A message as bytes; headers by their names with _ for -."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Hello there.")
    return message.as_bytes()


def error_of(response):
    """HTTP status, reason and canonical status of an error of the API."""
    error = response.json()["error"]
    return response.status_code, error["errors"][0]["reason"], error["status"]
