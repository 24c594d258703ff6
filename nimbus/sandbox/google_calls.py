"""What every call of the practice Gmail API goes through: the token, the faults, the permissions, the quota."""

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, NamedTuple

from flask import Response, current_app, jsonify, request

from nimbus.sandbox.faults import Faults
from nimbus.sandbox.google_errors import ApiRefused, retry_after
from nimbus.sandbox.google_grants import COMPOSE, FULL, MODIFY, READ, SEND, Grants
from nimbus.sandbox.wire import hang
from nimbus.sandbox.world import App, Mailbox, World

_READING, _CHANGING = frozenset({READ, MODIFY, FULL}), frozenset({MODIFY, FULL})
_SENDING = frozenset({SEND, COMPOSE, MODIFY, FULL})
_SERVICE = "caribou.api.proto.MailboxService"


class Method(NamedTuple):
    """Scopes of which one is needed, and what a call costs in quota units (`providers.md` 1.10)."""

    scopes: frozenset[str]
    units: int


METHODS = {
    "GetProfile": Method(_READING | {COMPOSE}, 1),
    "ListSendAs": Method(_READING, 1),
    "SendMessage": Method(_SENDING, 100),
    "ListMessages": Method(_READING, 5),
    "GetMessage": Method(_READING, 20),
    "GetAttachment": Method(_READING, 20),
    "GetThread": Method(_READING, 40),
    "ListHistory": Method(_READING, 2),
    "ListLabels": Method(_READING, 1),
    "GetLabel": Method(_READING, 1),
    "ModifyMessage": Method(_CHANGING, 5),
    "BatchModifyMessages": Method(_CHANGING, 50),
}
View = Callable[..., dict[str, Any] | Response]


class Meter:
    """What requests have cost each mailbox in the last minute."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._spent: defaultdict[str, deque[tuple[datetime, int]]] = defaultdict(deque)
        world.forgetters.append(self._spent.clear)

    def spend(self, mailbox: Mailbox, units: int) -> None:
        """Take units from the minute; raises ApiRefused when the mailbox's quota is switched on and used up."""
        switch, now = mailbox.faults.get("quota_units"), self._world.clock.now()
        if switch is None:
            return
        with self._world.lock:
            spent = self._spent[mailbox.address]
            while spent and spent[0][0] <= now - timedelta(minutes=1):
                spent.popleft()
            if sum(cost for _, cost in spent) + units > switch.values["limit"]:
                free_at = spent[0][0] + timedelta(minutes=1) if spent else now + timedelta(minutes=1)
                raise ApiRefused("rateLimitExceeded", retry_after(free_at))
            spent.append((now, units))


def the_world() -> World:
    """The world that this application is a view of."""
    world: World = current_app.extensions["practice.world"]
    return world


def the_grants() -> Grants:
    """What people have permitted."""
    grants: Grants = current_app.extensions["practice.grants"]
    return grants


def method(name: str) -> Callable[[View], Callable[..., Response]]:
    """A view as this method of the API; it is called with the mailbox, and the rest of the path."""

    def wrap(view: View) -> Callable[..., Response]:
        @wraps(view)
        def called(user_id: str, **path: str) -> Response:
            try:
                answer = _admit(name, user_id)
                return answer if isinstance(answer, Response) else _answer(view(answer, **path))
            except ApiRefused as refusal:
                return refusal.response(f"{_SERVICE}.{name}")

        return called

    return wrap


def strike(faults: Faults, *points: str) -> Response | None:
    """What goes wrong below the protocol, if anything does: no answer, a 5xx, or words instead of JSON."""
    if fault := faults.take("hang", *points):
        return hang(the_world(), fault.values["seconds"])
    if fault := faults.take("server_error", *points):
        return Response("<title>Error</title><p>That is an error.", status=fault.values["status"])
    if fault := faults.take("wrong_json", *points):
        return Response(fault.values["body"], content_type="application/json; charset=UTF-8")
    return None


def bearer() -> str:
    """The token of the request; empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _admit(name: str, user_id: str) -> Mailbox | Response:
    """The mailbox that may be worked on, or what goes wrong instead; raises ApiRefused."""
    spoken_for = the_grants().bearer(bearer())
    if spoken_for is None:
        raise ApiRefused("authError")
    grant, scopes = spoken_for
    mailbox, points = grant.mailbox, ("api", "send") if name == "SendMessage" else ("api",)
    the_world().count(f"google {name}", mailbox.address)
    for faults in (grant.app.faults, mailbox.faults):
        if struck := strike(faults, *points):
            return struck
        _refuse(faults, points)
    _permit(METHODS[name], grant.app, mailbox, scopes)
    if user_id.lower() not in {"me", mailbox.address}:
        raise ApiRefused("insufficientPermissions", f"Delegation denied for {mailbox.address}")
    meter: Meter = current_app.extensions["practice.meter"]
    meter.spend(mailbox, METHODS[name].units)
    return mailbox


def _refuse(faults: Faults, points: tuple[str, ...]) -> None:
    """Raise the refusal that somebody has asked for."""
    now = the_world().clock.now()
    if faults.take("unauthorized_once", *points):
        raise ApiRefused("authError")
    if fault := faults.take("forbidden", *points):
        reason = fault.values["reason"] or "insufficientPermissions"
        is_rate = reason in {"rateLimitExceeded", "userRateLimitExceeded"}
        raise ApiRefused(reason, retry_after(now + timedelta(seconds=5)) if is_rate else "", status=403)
    if fault := faults.take("throttled", *points):
        wait = fault.values["retry_after"]
        raise ApiRefused(
            "rateLimitExceeded", "" if wait is None else retry_after(now + timedelta(seconds=wait))
        )
    if "send" in points and (fault := faults.take("daily_cap", *points)):
        raise ApiRefused(
            "rateLimitExceeded", retry_after(now + timedelta(hours=fault.values["hours"])), status=429
        )


def _permit(method: Method, app: App, mailbox: Mailbox, scopes: frozenset[str]) -> None:
    if not app.api_enabled:
        raise ApiRefused("accessNotConfigured")
    if not method.scopes & scopes:
        raise ApiRefused("insufficientPermissions")
    if not mailbox.has_mailbox:
        raise ApiRefused("failedPrecondition")


def _answer(made: dict[str, Any] | Response) -> Response:
    return made if isinstance(made, Response) else jsonify(made)
