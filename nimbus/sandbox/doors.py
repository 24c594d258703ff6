"""The providers of the practice world on ports of loopback, and what a product must be told to ask them."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from nimbus.sandbox.google import google_app
from nimbus.sandbox.microsoft import microsoft_app
from nimbus.sandbox.world import System, World

HERE = "127.0.0.1"
CALLBACKS = {
    System.GOOGLE: "/oauth/google/callback",
    System.MICROSOFT: "/oauth/microsoft/callback",
}
_CLIENT_IDS = {
    System.GOOGLE: "402500000000-practice.apps.googleusercontent.com",
    System.MICROSOFT: "0dd1f7c5-0000-4000-8000-0070726163e5",
}
_POLL_SECONDS = 0.05  # how long a stop may take


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the library's signature
        """Nothing: URLs of a sign-in hold codes."""


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an application from threads of this process until the end of `with`; gives its URL. port: 0 for a free one."""
    server = make_server(HERE, port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True, name=app.name)
    thread.start()
    try:
        yield f"http://{HERE}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Providers:
    """Google and Microsoft, from `with` to its end; `environ` are the settings of a product that answers at `base_url`."""

    def __init__(self, world: World, base_url: str = "http://127.0.0.1:8000") -> None:
        self.world = world
        self.base_url = base_url
        self._secrets = {system: secrets.token_urlsafe(24) for system in CALLBACKS}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self.google_url = self._open.enter_context(serving(google_app(self.world)))
        self.microsoft_url = self._open.enter_context(serving(microsoft_app(self.world)))
        self._open.callback(self.world.closing.set)  # first of all: nobody hangs any longer
        self.register()
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    def register(self) -> None:
        """Register the product's application with both; to be asked for again once the world has forgotten all."""
        for system, path in CALLBACKS.items():
            self.world.register(
                _CLIENT_IDS[system],
                self._secrets[system],
                system=system,
                redirect_uris=[self.base_url + path],
            )

    @property
    def environ(self) -> dict[str, str]:
        """What the product is told of its applications and of where the providers are."""
        google, microsoft = self.google_url, self.microsoft_url
        return {
            "GOOGLE_CLIENT_ID": _CLIENT_IDS[System.GOOGLE],
            "GOOGLE_CLIENT_SECRET": self._secrets[System.GOOGLE],
            "GOOGLE_AUTH_URL": f"{google}/o/oauth2/v2/auth",
            "GOOGLE_TOKEN_URL": f"{google}/token",
            "GOOGLE_REVOKE_URL": f"{google}/revoke",
            "GOOGLE_USERINFO_URL": f"{google}/v1/userinfo",
            "GMAIL_API_BASE": google,
            "MICROSOFT_CLIENT_ID": _CLIENT_IDS[System.MICROSOFT],
            "MICROSOFT_CLIENT_SECRET": self._secrets[System.MICROSOFT],
            "MS_LOGIN_BASE": microsoft,
            "MS_GRAPH_BASE": f"{microsoft}/v1.0",
        }
