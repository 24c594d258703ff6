"""What a person reads when a request fails. The only place that turns errors into status codes."""

import logging

from flask import Flask, Response, current_app, make_response
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from nimbus.security.vault import CannotOpenSecret
from nimbus.security.workspace_keys import KeyFileProblem
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
}


def init_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(NotAllowed, _not_allowed)
    app.register_error_handler(NoSuchAccount, lambda _error: _page(404))
    app.register_error_handler(KeyFileProblem, _key_problem)
    app.register_error_handler(CannotOpenSecret, _key_problem)


def _http_error(error: HTTPException) -> Response | HTTPException:
    code = error.code or 500
    if code < 400:  # a redirect that the router asks for
        return error
    return _page(code, headers=dict(error.get_headers()) if code == 405 else None)


def _not_allowed(error: NotAllowed) -> Response:
    return _page(403, sentence=f"{error.who} can. Ask one of them.")


def _csrf_error(_error: CSRFError) -> Response:
    return _page(
        400, sentence="This form is too old or came from elsewhere. Go back, reload the page and try again."
    )


def _key_problem(error: Exception) -> Response:
    _log.error("%s", error)
    return _page(500, sentence=str(error))


def _page(code: int, *, sentence: str | None = None, headers: dict[str, str] | None = None) -> Response:
    title, usual = _SENTENCES.get(code, ("That did not work", "Go back and try again."))
    template = "errors/_notice.html" if wants_fragment() else "errors/error.html"
    # Without the context that pages share: filling it asks the database, and that may be what failed.
    page = current_app.jinja_env.get_template(template)
    html = page.render(title=title, sentence=sentence or usual, action=None)
    response = make_response(html, code)
    if headers and "Allow" in headers:
        response.headers["Allow"] = headers["Allow"]
    return response
