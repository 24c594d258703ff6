"""What a program and a browser do with the practice Microsoft, by requests alone, and what they have in common."""

import base64
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import parse_qsl, urlsplit

import requests

CALLBACK = "http://localhost:8000/oauth/microsoft/callback"
CLIENT_ID, CLIENT_SECRET = "11111111-2222-4333-8444-555555555555", "a~practice~secret"
HOST = "https://graph.microsoft.com/"
READING = ("offline_access", f"{HOST}Mail.Send", f"{HOST}Mail.Read", f"{HOST}User.Read")
CHANGING = (*READING, f"{HOST}Mail.ReadWrite")
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


class MicrosoftClient:
    """Microsoft with one app of it. No redirect is followed."""

    def __init__(self, url, world, grants):
        self.url, self.world, self.grants = url, world, grants

    def authorize_url(self, tenant="common"):
        return f"{self.url}/{tenant}/oauth2/v2.0/authorize"

    def question(self, **changed):
        """The parameters of an authorization request; None leaves one out."""
        usual = {
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": " ".join(READING),
            "state": "a-state",
        }
        return {name: value for name, value in (usual | changed).items() if value is not None}

    def page(self, tenant="common", **changed):
        url = self.authorize_url(tenant)
        return requests.get(url, self.question(**changed), allow_redirects=False, timeout=10)

    def press(self, answer, account="mia@contoso.example", *, tenant="common", form=(), **changed):
        """Press a button of a sign-in page."""
        return requests.post(
            self.authorize_url(tenant),
            params=self.question(**changed),
            data={"account": account, "answer": answer} | dict(form),
            allow_redirects=False,
            timeout=10,
        )

    def code(self, account="mia@contoso.example", **changed):
        return returned(self.press("accept", account, **changed))["code"]

    def token(self, **form):
        usual = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        return requests.post(f"{self.url}/common/oauth2/v2.0/token", usual | form, timeout=10)

    def exchange(self, code, **form):
        return self.token(
            **{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK} | form
        )

    def refresh(self, refresh_token, **form):
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **form)

    def graph(self, address="mia@contoso.example", scopes=READING):
        """Graph in the name of somebody who has agreed to this."""
        return Graph(f"{self.url}/v1.0", self.grants.issue(CLIENT_ID, address, scopes)["access_token"])


class Graph:
    """Graph with one access token."""

    def __init__(self, url, token):
        self.url, self.headers = url, {"Authorization": f"Bearer {token}"}

    def call(self, method, path, *, headers=(), **more):
        url = path if path.startswith("http") else f"{self.url}{path}"
        return requests.request(method, url, headers=self.headers | dict(headers), timeout=10, **more)

    def get(self, path, *, headers=(), **params):
        return self.call("GET", path, headers=headers, params=params)

    def post(self, path, body, *, headers=()):
        return self.call("POST", path, headers=headers, json=body)

    def send(self, raw, path="/me/sendMail", encode=base64.b64encode):
        return self.call("POST", path, headers={"Content-Type": "text/plain"}, data=encode(raw))

    def listed(self, folder="inbox", *, headers=(), **params):
        """The messages of a folder, as a list."""
        return self.get(f"/me/mailFolders/{folder}/messages", headers=headers, **params).json()["value"]


def returned(response):
    """The parameters that a redirect carries back to the app."""
    assert response.status_code == 302, response.text
    location = response.headers["Location"]
    assert location.startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(location).query))


def refusal(response, status, code):
    """The error of a Graph answer, whose shape is checked on the way."""
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert error.keys() == {"code", "message", "innerError"}
    assert error["innerError"].keys() == {"date", "request-id", "client-request-id"}
    return error


def letter(subject="Hello", *, sender="Mia <mia@contoso.example>", to="bob@example.net", **headers):
    """A message as bytes; headers by their names with _ for -."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Hello there.")
    return message.as_bytes()
