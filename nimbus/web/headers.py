"""Headers of every answer: what a browser may do with it, that pages are not kept, and compression."""

import gzip

from flask import Flask, Request, Response, current_app, request

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# Other people's HTML, in a frame of a page of ours: nothing of it acts, and it belongs to no origin.
_FRAMED = (
    "default-src 'none'; style-src 'self'; {pictures}base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
# What browsers offer and no page of ours uses: all of it but the clipboard, which the copy buttons write to.
_UNUSED = [
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "sync-xhr",
    "usb",
    "window-management",
    "xr-spatial-tracking",
]
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
    "X-Frame-Options": "DENY",
}
_WORTH_COMPRESSING = 1000  # bytes; below that gzip's own header eats the gain


def init_headers(app: Flask) -> None:
    app.after_request(_protect)
    app.after_request(_compress)


def headers_of_pages(*, https: bool) -> dict[str, str]:
    """What every answer says that is not an asset."""
    return (
        _HEADERS
        | {"Cache-Control": "private, no-store"}
        | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})
    )


def frame(response: Response, *, pictures: bool) -> Response:
    """Let an answer be shown in a frame of our own pages, and do nothing else; with pictures from elsewhere, or none."""
    shown = "img-src https: http:; " if pictures else ""
    response.headers["Content-Security-Policy"] = _FRAMED.format(pictures=shown)
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _protect(response: Response) -> Response:
    for name, value in headers_of_pages(https=current_app.config["SESSION_COOKIE_SECURE"]).items():
        response.headers.setdefault(name, value)
    return response


def _compress(response: Response) -> Response:
    if not _may_compress(request, response):
        return response
    response.set_data(gzip.compress(response.get_data(), compresslevel=6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _may_compress(asked: Request, response: Response) -> bool:
    return (
        asked.accept_encodings["gzip"] > 0
        and not response.direct_passthrough
        and not response.is_streamed
        and "Content-Encoding" not in response.headers
        and (response.mimetype or "").startswith("text/")
        and (response.content_length or 0) >= _WORTH_COMPRESSING
    )
