"""Graph's door: whose token it is, what it permits, what goes wrong on purpose; and `/me` and `$batch` behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue

from nimbus.sandbox.faults import Faults
from nimbus.sandbox.microsoft_errors import GRAPH_ANSWERS, GraphRefused
from nimbus.sandbox.microsoft_state import Microsoft, here, person_id, principal
from nimbus.sandbox.world import Mailbox, World

GRAPH = "/v1.0"
GRAPH_HOST = "https://graph.microsoft.com/"
AT_ONCE = 4  # requests of one app for one mailbox (`providers.md` 2.8)
SENDS_A_MINUTE = 30  # `providers.md` 2.9
WAIT = "3"  # seconds, in Retry-After
BATCH_LIMIT = 20
# What a continuous access evaluation asks for when a policy has changed: a new sign-in, with these claims.
CLAIMS = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="'
)

View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True)
class Call:
    """A request whose token is good: whose mailbox, and what it may do there."""

    microsoft: Microsoft
    mailbox: Mailbox
    scopes: frozenset[str]

    @property
    def world(self) -> World:
        """The world that the mailbox is in."""
        return self.microsoft.world

    def prefers(self, what: str) -> bool:
        """Whether a Prefer header asks for this."""
        return what.lower() in ",".join(request.headers.getlist("Prefer")).replace('"', "").lower()


def the_call() -> Call:
    """The call that is being answered."""
    call: Call = g.call
    return call


def needs(*scopes: str, mail: bool = True) -> Callable[[View], View]:
    """Let a view run only for a token with one of these scopes, and for somebody who has a mailbox."""

    def wrap(view: View) -> View:
        @wraps(view)
        def permitted(**path: str) -> ResponseReturnValue:
            call = the_call()
            if not call.scopes & {f"{GRAPH_HOST}{scope}" for scope in scopes}:
                raise GraphRefused("ErrorAccessDenied")
            if mail and not call.mailbox.has_mailbox:
                raise GraphRefused("MailboxNotEnabledForRESTAPI")
            return view(**path)

        return permitted

    return wrap


def part(name: str) -> Blueprint:
    """A part of Graph: views behind the door."""
    blueprint = Blueprint(name, __name__, url_prefix=GRAPH)
    blueprint.before_request(_enter)
    blueprint.teardown_request(_leave)
    blueprint.register_error_handler(GraphRefused, _refused)
    return blueprint


def is_sending() -> bool:
    """Whether this request sends a message."""
    return (request.endpoint or "").startswith("sending.send_")


def _refused(refused: GraphRefused) -> ResponseReturnValue:
    return refused.body(here().world.clock.now()), refused.status, refused.headers


def _enter() -> Response | None:
    """Who calls, and what happens to the call instead of an answer."""
    microsoft = here()
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        raise GraphRefused("InvalidAuthenticationToken", "Access token is empty.")
    token = microsoft.grants.access_tokens.get(value)
    mailbox = microsoft.find(token.grant.address) if token else None
    if token is None or mailbox is None:
        raise GraphRefused("InvalidAuthenticationToken", "CompactToken parsing failed.")
    microsoft.settle(mailbox)
    if token.grant.is_revoked:
        raise GraphRefused("InvalidAuthenticationToken")
    if microsoft.world.clock.now() >= token.expires_at:
        raise GraphRefused("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
    g.call = Call(microsoft, mailbox, token.scopes)
    if request.endpoint == "graph.batch":
        return None  # its parts come through this door one by one
    microsoft.world.count(f"microsoft {(request.endpoint or '').partition('.')[2]}", mailbox.address)
    _keep_limits(g.call)
    app = microsoft.app(token.grant.client_id)
    for faults in (*([app.faults] if app else []), mailbox.faults):
        if broken := _break(g.call, faults):
            return broken
    return None


def _leave(_error: BaseException | None) -> None:
    if address := g.pop("counted", None):
        with here().world.lock:
            here().in_flight[address] -= 1


def _keep_limits(call: Call) -> None:
    """The limits per app and mailbox, where they are switched on."""
    address, microsoft = call.mailbox.address, call.microsoft
    with call.world.lock:
        microsoft.in_flight[address] += 1
        g.counted = address
        if call.mailbox.faults.get("limits") is None:
            return
        if microsoft.in_flight[address] > AT_ONCE:
            raise GraphRefused("ApplicationThrottled", headers={"Retry-After": WAIT})
        if is_sending():
            now, sent = call.world.clock.now(), microsoft.sent_at[address]
            while sent and sent[0] <= now - timedelta(minutes=1):
                sent.popleft()
            if len(sent) >= SENDS_A_MINUTE:
                raise GraphRefused("TooManyRequests", headers={"Retry-After": WAIT})
            sent.append(now)


def _break(call: Call, faults: Faults) -> Response | None:
    """What goes wrong because somebody asked for it."""
    points = ("api", "send") if is_sending() else ("api",)
    if faults.take("unauthorized_once", *points):
        raise GraphRefused("InvalidAuthenticationToken")
    if faults.take("policy_block", *points):
        message = "Continuous access evaluation resulted in challenge with result: InteractionRequired."
        raise GraphRefused("InvalidAuthenticationToken", message, headers={"WWW-Authenticate": CLAIMS})
    if fault := faults.take("forbidden", *points):
        code = str(fault.values["reason"]) or "ErrorAccessDenied"
        raise GraphRefused(code, status=0 if code in GRAPH_ANSWERS else 403)
    if fault := faults.take("throttled", *points):
        wait = fault.values["retry_after"]
        raise GraphRefused("ApplicationThrottled", headers={} if wait is None else {"Retry-After": str(wait)})
    if fault := faults.take("server_error", *points):
        status = int(fault.values["status"])
        codes = {500: "InternalServerError", 503: "ServiceUnavailable", 504: "ErrorTimeoutExpired"}
        raise GraphRefused(codes.get(status, "UnknownError"), status=status)
    if "send" in points and faults.take("daily_cap", *points):
        raise _capped(call)
    return call.microsoft.strike(faults, *points)


def _capped(call: Call) -> GraphRefused:
    if not call.mailbox.is_consumer:
        return GraphRefused("ErrorExceededMessageLimit")
    return GraphRefused(
        "ErrorExceededMessageLimit",
        "Cannot send mail. We noticed some weird or suspicious activity. Please verify your account in Outlook.",
    )


graph = part("graph")


@graph.get("/me")
@needs("User.Read", mail=False)
def me() -> ResponseReturnValue:
    """Who has signed in. `mail` is null for some, and there need not be a mailbox."""
    mailbox = the_call().mailbox
    given, _, family = mailbox.name.rpartition(" ")
    person: dict[str, Any] = {
        "businessPhones": [],
        "displayName": mailbox.name,
        "givenName": given or None,
        "jobTitle": None,
        "mail": mailbox.address if mailbox.shows_address else None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": mailbox.language,
        "surname": family or None,
        "userPrincipalName": principal(mailbox),
        "id": person_id(mailbox),
    }
    if select := request.args.get("$select"):
        person = {name: person[name] for name in select.split(",") if name in person}
    return jsonify(
        {"@odata.context": f"{request.root_url.rstrip('/')}{GRAPH}/$metadata#users/$entity"} | person
    )


@graph.post("/$batch")
def batch() -> ResponseReturnValue:
    """Up to twenty requests in one; each has a status and headers of its own."""
    body = request.get_json(silent=True)
    parts = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(parts, list) or not 0 < len(parts) <= BATCH_LIMIT:
        raise GraphRefused("BadRequest", "Number of batch requests must be between 1 and 20.")
    return jsonify({"responses": [_part(part) for part in parts]})


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """One request of a batch, put through the same door."""
    given = part.get("body")
    answer = current_app.test_client().open(
        f"{GRAPH}/{str(part['url']).lstrip('/')}",
        method=part["method"],
        base_url=request.root_url,
        headers={**part.get("headers", {}), "Authorization": request.headers["Authorization"]},
        environ_overrides={"werkzeug.socket": request.environ["werkzeug.socket"]},
        **({"data": given} if isinstance(given, str) else {"json": given} if given is not None else {}),
    )
    found = {"id": part["id"], "status": answer.status_code, "headers": dict(answer.headers)}
    if not answer.data:
        return found
    return found | {"body": answer.get_json(silent=True) or answer.get_data(as_text=True)}
