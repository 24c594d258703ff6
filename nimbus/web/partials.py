"""One view, two renderings: a whole page, or the fragment that htmx asked for. The only user of htmx-flask."""

from flask import Response, flash, make_response, redirect, render_template
from htmx_flask import request
from werkzeug.wrappers import Response as AnyResponse


def wants_fragment() -> bool:
    """Whether htmx asks for a part of a page; a history restore asks for the whole one."""
    return bool(request.htmx) and request.headers.get("HX-Request-Type", "partial") == "partial"


def show(page: str, fragment: str, /, status: int = 200, **context: object) -> Response:
    """Render `page`, or only `fragment` (the file that the page includes) when htmx asked."""
    template = fragment if wants_fragment() else page
    response = make_response(render_template(template, **context), status)
    response.vary.update(("HX-Request", "HX-Request-Type"))
    return response


def go(url: str, notice: str = "", category: str = "ok") -> AnyResponse:
    """Lead to another page after a change. htmx is told by header: it would swap a redirect's page into a part."""
    if notice:
        flash(notice, category)
    if request.htmx:
        return Response(headers={"HX-Redirect": url})
    return redirect(url, 303)
