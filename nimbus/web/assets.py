"""Style sheet, script and pictures: joined once at start, served from memory under a name that changes with the content."""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

STATIC = Path(__file__).resolve().parents[2] / "static"
CSS_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)

assets = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One served file: its bytes, the same bytes compressed, and the hash that is part of its address."""

    media_type: str
    body: bytes
    packed: bytes
    digest: str


class _NotForAssets(SecureCookieSessionInterface):
    """Keeps the session's cookie out of these answers: with it, every sign-in would empty the browser's cache of them."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.blueprint != assets.name:
            super().save_session(app, session, response)


def init_assets(app: Flask) -> None:
    """Read and join the files, serve them, and give templates `asset_url`. A missing file stops the start."""
    served = {
        "app.css": _asset("text/css", _stylesheet()),
        "app.js": _asset("text/javascript", _script()),
        "icons.svg": _asset("image/svg+xml", _read("icons.svg")),
        "favicon.svg": _asset("image/svg+xml", _read("favicon.svg")),
        "favicon-attention.svg": _asset("image/svg+xml", _read("favicon-attention.svg")),
    }
    app.extensions["nimbus.assets"] = served
    app.session_interface = _NotForAssets()
    app.register_blueprint(assets)
    # Built once: a page with fifty rows asks for the sprite a hundred times.
    build = app.url_map.bind("").build
    urls = {
        name: build("assets.asset", {"digest": each.digest, "name": name}) for name, each in served.items()
    }
    app.jinja_env.globals["asset_url"] = urls.__getitem__


@assets.get("/assets/<digest>/<name>")
def asset(digest: str, name: str) -> Response:
    """A file by hash and name. An old or invented hash is 404, so that no cache ever keeps wrong bytes for ever."""
    found = _served().get(name)
    if found is None or found.digest != digest:
        abort(404)
    packed = request.accept_encodings["gzip"] > 0
    response = Response(found.packed if packed else found.body, mimetype=found.media_type)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.vary.add("Accept-Encoding")
    return response


def _served() -> dict[str, Asset]:
    found: dict[str, Asset] = current_app.extensions["nimbus.assets"]
    return found


@cache
def _asset(media_type: str, text: str) -> Asset:
    """The same for the same text: a process that builds several applications packs it once."""
    body = text.encode()
    # mtime=0 keeps the compressed bytes the same from one start to the next.
    return Asset(media_type, body, gzip.compress(body, 9, mtime=0), hashlib.sha256(body).hexdigest()[:16])


def _stylesheet() -> str:
    parts = [_read(f"css/{name}.css") for name in ("layers", "tokens", "base")]
    parts += [
        path.read_text("utf-8") for room in ("components", "pages") for path in _files(f"css/{room}", "css")
    ]
    return CSS_COMMENT.sub("", "".join(parts))


def _script() -> str:
    behaviours = [path.read_text("utf-8") for path in _files("js/behaviours", "js")]
    return "\n".join([_read("vendor/htmx.min.js"), *behaviours])


def _files(folder: str, ending: str) -> list[Path]:
    return sorted((STATIC / folder).glob(f"*.{ending}"))


def _read(name: str) -> str:
    return (STATIC / name).read_text("utf-8")
