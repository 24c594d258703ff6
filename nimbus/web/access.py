"""Who may see what: every route needs a session unless it is named here."""

from dataclasses import dataclass

from flask import Flask, Response, abort, redirect, request, url_for
from flask_login import UserMixin, current_user
from werkzeug.wrappers import Response as AnyResponse

from nimbus.extensions import login_manager
from nimbus.models import UserSession
from nimbus.services.connect_account import Asker
from nimbus.services.set_up import is_set_up
from nimbus.services.sign_in import find_session
from nimbus.web.partials import wants_fragment

PUBLIC_ENDPOINTS = frozenset({"assets.asset", "sessions.new", "setup.new"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class CurrentWorkspace:
    """The workspace of a request, as plain values: it stays readable whatever the database session does."""

    id: int
    name: str
    timezone: str


@dataclass(frozen=True)
class SignedIn(UserMixin):
    """The person behind a request, as Flask-Login and the templates know them."""

    token: str
    user_id: int
    name: str
    email: str
    workspace: CurrentWorkspace

    def get_id(self) -> str:
        return self.token


def init_access(app: Flask) -> None:
    login_manager.session_protection = None  # sessions are rows; the cookie holds only a token
    login_manager.user_loader(load_person)
    app.before_request(_refuse_other_sites)
    app.before_request(_require_session)
    app.context_processor(lambda: {"workspace": workspace_or_none()})


def signed_in() -> SignedIn:
    """The person behind this request; only for routes that need a session."""
    person: SignedIn = current_user._get_current_object()  # noqa: SLF001 - Flask-Login's own way to the real object
    return person


def asker() -> Asker:
    """The person behind this request, as services know them."""
    return Asker(signed_in().workspace.id, signed_in().user_id)


def workspace_id() -> int:
    """The workspace that this request may read and write."""
    return signed_in().workspace.id


def workspace_or_none() -> CurrentWorkspace | None:
    return signed_in().workspace if current_user.is_authenticated else None


def load_person(token: str) -> SignedIn | None:
    """The person behind a session token, or None once the session has ended."""
    row: UserSession | None = find_session(token)
    if row is None:
        return None
    workspace = CurrentWorkspace(row.workspace.id, row.workspace.name, row.workspace.timezone)
    return SignedIn(token, row.user_id, row.user.name, row.user.email, workspace)


def _refuse_other_sites() -> None:
    """A second fence behind the CSRF token: browsers say when a form was sent from another site."""
    if request.method not in _SAFE_METHODS and request.headers.get("Sec-Fetch-Site") in {
        "cross-site",
        "same-site",
    }:
        abort(403)


def _require_session() -> AnyResponse | None:
    if request.endpoint is None or request.endpoint in PUBLIC_ENDPOINTS or current_user.is_authenticated:
        return None
    if not is_set_up():
        return redirect(url_for("setup.new"))
    wanted = request.full_path.rstrip("?") if request.method in _SAFE_METHODS else None
    url = url_for("sessions.new", next=wanted)
    if wants_fragment():
        # A redirect would be followed and the sign-in page swapped into a part of this one.
        return Response(status=401, headers={"HX-Redirect": url})
    return redirect(url, 303)
