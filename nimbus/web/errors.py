"""What a person reads when a request fails. The only place that turns errors into status codes."""

import logging
import time
from datetime import timedelta
from math import ceil

from flask import Flask, Response, current_app, make_response, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from gunicorn.http.errors import ParseException
from redis.exceptions import RedisError
from werkzeug.exceptions import BadHost, HTTPException

from nimbus.database import ReadOnly
from nimbus.extensions import limiter
from nimbus.rules.durations import in_words
from nimbus.security.instance_keys import KeyFileProblem
from nimbus.security.vault import CannotOpenSecret
from nimbus.services.invitations import NoSuchInvitation
from nimbus.services.live_place import SendsNothing
from nimbus.services.switch_workspace import NoSuchWorkspace
from nimbus.services.team import NoSuchMember, RoleTooHigh
from nimbus.services.update_account import NoSuchAccount
from nimbus.web.access import NotAllowed
from nimbus.web.partials import wants_fragment

_log = logging.getLogger(__name__)

_SENTENCES = {
    400: ("This request could not be read", "Go back, reload the page and try again."),
    403: ("You may not do that", "Ask an owner of the workspace."),
    404: ("Page not found", "It does not exist, or it belongs to another workspace."),
    405: ("This address takes no such request", "Go back and use the page's own buttons."),
    413: ("That was too much at once", "What was sent is larger than this page accepts."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: (
        "That did not work on our side",
        "Nothing was changed. Try again; the server's log has the details.",
    ),
    503: ("Nothing can be changed now", "Try again later."),
}


def init_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    # A body in chunks that are none is noticed only while it is read, by the server's parser.
    app.register_error_handler(ParseException, lambda _error: _page(400))
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(NotAllowed, _not_allowed)
    app.register_error_handler(RoleTooHigh, _not_allowed)
    for missing in (NoSuchAccount, NoSuchInvitation, NoSuchMember, NoSuchWorkspace):
        app.register_error_handler(missing, lambda _error: _page(404))
    app.register_error_handler(ReadOnly, lambda error: _page(503, sentence=str(error)))
    app.register_error_handler(SendsNothing, lambda error: _page(409, sentence=str(error)))
    app.register_error_handler(KeyFileProblem, _key_problem)
    app.register_error_handler(CannotOpenSecret, _key_problem)


def _http_error(error: HTTPException) -> Response | HTTPException:
    code = error.code or 500
    if code < 400:  # a redirect that the router asks for
        return error
    return _page(code, headers=dict(error.get_headers()) if code == 405 else None)


def _not_allowed(error: NotAllowed | RoleTooHigh) -> Response:
    return _page(403, sentence=f"{error.who} can. Ask one of them.")


def _csrf_error(_error: CSRFError) -> Response:
    return _page(
        400, sentence="This form is too old or came from elsewhere. Go back, reload the page and try again."
    )


def _too_many(error: RateLimitExceeded) -> Response:
    seconds = _until_next_try(error)
    wait = f"{seconds} s" if seconds <= 60 else in_words(timedelta(seconds=seconds))
    return _page(429, sentence=f"Wait {wait}, then try again.", headers={"Retry-After": str(seconds)})


def _until_next_try(error: RateLimitExceeded) -> int:
    """Seconds until the oldest of the tries no longer counts, by the machine's clock, which the limiter goes by."""
    whole: int = error.limit.limit.get_expiry()
    limit = limiter.current_limit
    try:
        left = limit.window.reset_time - time.time() if limit else whole
    except RedisError:  # gone since it was counted there
        return whole
    return min(max(1, ceil(left)), whole)


def _key_problem(error: Exception) -> Response:
    _log.error("%s", error)
    return _page(500, sentence=str(error))


def _page(code: int, *, sentence: str | None = None, headers: dict[str, str] | None = None) -> Response:
    title, usual = _SENTENCES.get(code, ("That did not work", "Go back and try again."))
    template = "errors/_notice.html" if wants_fragment() or _has_no_host() else "errors/error.html"
    # Without the context that pages share: filling it asks the database, and that may be what failed.
    page = current_app.jinja_env.get_template(template)
    html = page.render(title=title, sentence=sentence or usual, action=None)
    response = make_response(html, code)
    for name in {"Allow", "Retry-After"} & (headers or {}).keys():
        response.headers[name] = (headers or {})[name]
    return response


def _has_no_host() -> bool:
    """Whether the request names a host that no link can be made for. The notice has none, the whole page has some."""
    return isinstance(request.routing_exception, BadHost)
