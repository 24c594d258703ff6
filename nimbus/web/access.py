"""Who may see what: every route needs a session unless it is named here, and the role that its view asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from flask import Flask, Response, abort, current_app, redirect, request, session, url_for
from flask_login import UserMixin, current_user
from werkzeug.wrappers import Response as AnyResponse

from nimbus.clock import now
from nimbus.errors import NimbusError
from nimbus.extensions import login_manager
from nimbus.rules.roles import Permission, Role, may, who_may
from nimbus.services.asker import Asker
from nimbus.services.audit import note_refusal
from nimbus.services.set_up import is_set_up
from nimbus.services.sign_in import find_session
from nimbus.services.switch_workspace import follow_person
from nimbus.settings import current_settings
from nimbus.web.own_paths import way_back
from nimbus.web.partials import go, wants_fragment

PUBLIC_ENDPOINTS = frozenset(
    {
        "assets.asset",
        "invitations.accept",
        "invitations.show",
        "oauth.callback",
        "sessions.new",
        "setup.new",
        "unsubscribing.ask",
        "unsubscribing.end",
    }
)
# What mail services send in a person's name, from wherever they are: RFC 8058.
FROM_ANYWHERE = frozenset({"unsubscribing.end"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROOF_LASTS = timedelta(minutes=30)
View = TypeVar("View", bound=Callable[..., object])


class NotAllowed(NimbusError):
    """The person's role is not enough; `who` names the roles that are."""

    def __init__(self, who: str) -> None:
        super().__init__(f"{who} can do this.")
        self.who = who


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
    role: Role
    owns_instance: bool
    proved_at: datetime
    workspace: CurrentWorkspace

    def get_id(self) -> str:
        return self.token


def init_access(app: Flask) -> None:
    login_manager.session_protection = None  # sessions are rows; the cookie holds only a token
    login_manager.user_loader(load_person)
    app.before_request(_take_head_as_get)
    app.before_request(_refuse_other_sites)
    app.before_request(_require_session)
    app.before_request(_require_permission)
    app.context_processor(lambda: {"workspace": workspace_or_none(), "may": person_may, "who_may": _who_may})


def needs(permission: Permission, *, proof: bool = False) -> Callable[[View], View]:
    """Mark a view with what it asks for, whatever the method. A view without a mark is for every member to read.

    proof: the password must have been typed in this session within the last 30 minutes.
    """

    def mark(view: View) -> View:
        view.needs = permission  # type: ignore[attr-defined]
        view.needs_proof = proof  # type: ignore[attr-defined]
        return view

    return mark


def for_instance_owner(view: View) -> View:
    """Mark a view that shows or changes what all workspaces share."""
    view.for_instance_owner = True  # type: ignore[attr-defined]
    return view


def person_may(permission: str) -> bool:
    """Whether the person behind this request has the role for something; for templates too."""
    return current_user.is_authenticated and may(signed_in().role, Permission(permission))


def _who_may(permission: str) -> str:
    return who_may(Permission(permission))


def signed_in() -> SignedIn:
    """The person behind this request; only for routes that need a session."""
    person: SignedIn = current_user._get_current_object()  # noqa: SLF001 - Flask-Login's own way to the real object
    return person


def asker() -> Asker:
    """The person behind this request, as services know them."""
    person = signed_in()
    return Asker(
        person.workspace.id, person.user_id, person.name, person.role, address=request.remote_addr or ""
    )


def workspace_id() -> int:
    """The workspace that this request may read and write."""
    return signed_in().workspace.id


def workspace_or_none() -> CurrentWorkspace | None:
    return signed_in().workspace if current_user.is_authenticated else None


def load_person(token: str) -> SignedIn | None:
    """The person behind a session token, or None once the session has ended."""
    found = find_session(token)
    if found is None:
        return None
    return SignedIn(
        token=token,
        user_id=found.user_id,
        name=found.name,
        email=found.email,
        role=found.role,
        owns_instance=found.owns_instance,
        proved_at=found.proved_at,
        workspace=CurrentWorkspace(found.workspace_id, found.workspace_name, found.timezone),
    )


def _take_head_as_get() -> None:
    """Views ask whether a form was sent or a page is wanted; a HEAD wants the page, and the server drops its body."""
    if request.method == "HEAD":
        request.method = "GET"


def _refuse_other_sites() -> None:
    """A second fence behind the CSRF token: browsers say when a form was sent from another site."""
    if request.method in SAFE_METHODS or request.endpoint in FROM_ANYWHERE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    ours = site in {"same-origin", "none"} if site else _is_own_origin(request.headers.get("Origin"))
    if not ours:
        abort(403)


def _is_own_origin(origin: str | None) -> bool:
    """Browsers that do not know of sites name the origin; what is no browser names neither and has its token to pass."""
    if origin is None:
        return True
    # The scheme is left out: a proxy that ends TLS makes it another one here.
    host = origin.partition("://")[2].lower()
    return host in {request.host.lower(), current_settings().base_url.partition("://")[2].lower()}


def _require_session() -> AnyResponse | None:
    if request.endpoint is None or request.endpoint in PUBLIC_ENDPOINTS or current_user.is_authenticated:
        return None
    if not is_set_up():
        return redirect(url_for("setup.new"))
    elsewhere = lead_on("You no longer belong to", "bad")
    if elsewhere is not None:
        return elsewhere
    wanted = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
    url = url_for("sessions.new", next=wanted)
    if wants_fragment():
        # A redirect would be followed and the sign-in page swapped into a part of this one.
        return Response(status=401, headers={"HX-Redirect": url})
    return redirect(url, 303)


def lead_on(verb: str, category: str) -> AnyResponse | None:
    """Where a session goes whose person belongs to the open workspace no longer; None when nothing is wrong with it.

    The notice begins with the verb, “You left”, and says which workspace is open instead.
    """
    lost = follow_person(session.get("_user_id", ""))
    if lost is None:
        return None
    if lost.now_open is None:
        session.clear()
        return go(
            url_for("sessions.new"), f"{verb} {lost.workspace}, and you have no other workspace.", category
        )
    return go(url_for("home.show"), f"{verb} {lost.workspace}. This is {lost.now_open}.", category)


def _require_permission() -> AnyResponse | None:
    if request.endpoint is None or request.endpoint in PUBLIC_ENDPOINTS:
        return None
    view, person = current_app.view_functions[request.endpoint], signed_in()
    permission = getattr(view, "needs", Permission.READ)
    if not may(person.role, permission):
        raise _refused(who_may(permission))
    if getattr(view, "for_instance_owner", False) and not person.owns_instance:
        raise _refused("Whoever runs this installation")
    if getattr(view, "needs_proof", False) and now() - person.proved_at > PROOF_LASTS:
        # What was typed is lost to the redirect; each such form's own page asks first, so that it does not happen.
        return go(url_for("you.confirm", next=way_back()))
    return None


def _refused(who: str) -> NotAllowed:
    """The refusal, with its line in the audit log."""
    note_refusal(asker(), request.endpoint or "", request.method)
    return NotAllowed(who)
