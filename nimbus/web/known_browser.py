"""Browsers in which somebody has signed in before: whoever guesses elsewhere cannot hold these up.

A signed cookie of its own names the browser and, as digests, the addresses that signed in there. It opens nothing.
"""

import secrets
from hashlib import sha256
from typing import TypedDict

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

_KEPT = 365 * 86_400  # seconds
_PEOPLE = 8  # at most; a browser at which more people sign in forgets the first


class _Browser(TypedDict):
    id: str
    people: list[str]


def known_browser(email: str) -> str | None:
    """The id of the browser that asks, if this address has signed in there; whether anybody has it is not looked up."""
    browser = _read()
    return browser["id"] if browser and digest(email) in browser["people"] else None


def remember_browser(email: str) -> None:
    """Let the answer to this request note that this address signed in here."""
    browser = _read() or _Browser(id=secrets.token_hex(16), people=[])
    people = [each for each in browser["people"] if each != digest(email)]
    browser["people"] = [*people, digest(email)][-_PEOPLE:]

    @after_this_request
    def note(response: Response) -> Response:
        response.set_cookie(
            _name(),
            _serializer().dumps(browser),
            max_age=_KEPT,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response


def digest(typed: str) -> str:
    """What stands for a typed address wherever it is counted: people type their passwords there too."""
    return sha256(typed.strip().lower().encode()).hexdigest()[:32]


def _read() -> _Browser | None:
    try:
        browser: _Browser = _serializer().loads(request.cookies.get(_name(), ""), max_age=_KEPT)
    except BadData:
        return None
    return browser


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-browser"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known browser")
