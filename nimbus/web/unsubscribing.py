"""The link to unsubscribe with: a page with one button for people, and the same for mail services (RFC 8058).

Whoever holds the link may follow it: without a session, without a form's token, from anywhere. Looking at the page
changes nothing, for scanners look at every link. All that a request can do is to end mail to the link's own address.
"""

from flask import Blueprint, render_template

from nimbus.extensions import csrf
from nimbus.security.unsubscribe_tokens import open_token
from nimbus.services.suppress import unsubscribe

blueprint = Blueprint("unsubscribing", __name__, url_prefix="/u")


@blueprint.get("/<token>")
def ask(token: str) -> tuple[str, int]:
    return _page("ask" if open_token(token) else "unknown", token)


@blueprint.post("/<token>")
def end(token: str) -> tuple[str, int]:
    who = open_token(token)
    if who is None:
        return _page("unknown", token)
    unsubscribe(who.workspace_id, who.email)
    return _page("done", token)


csrf.exempt(end)


def _page(what: str, token: str) -> tuple[str, int]:
    page = render_template("unsubscribing/show.html", what=what, token=token)
    return page, 404 if what == "unknown" else 200
