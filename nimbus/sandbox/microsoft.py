"""The practice world's Microsoft: signing in (`/{tenant}/…`) and Graph (`/v1.0/…`), as `providers.md` 2 has them.

| asked for | answered in |
|---|---|
| the sign-in pages, and an administrator's consent | microsoft_login, microsoft_admin |
| tokens | microsoft_tokens, over microsoft_grants |
| Graph's door, `/me` and `$batch` | microsoft_graph |
| folders, messages and their changes | microsoft_folders, microsoft_messages, microsoft_delta |
| sending, answering and drafts | microsoft_sending |
"""

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from nimbus.sandbox.microsoft_admin import admin
from nimbus.sandbox.microsoft_delta import delta
from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_folders import folders
from nimbus.sandbox.microsoft_grants import Grants
from nimbus.sandbox.microsoft_graph import GRAPH, graph
from nimbus.sandbox.microsoft_login import login
from nimbus.sandbox.microsoft_messages import messages
from nimbus.sandbox.microsoft_sending import sending
from nimbus.sandbox.microsoft_state import Microsoft, here
from nimbus.sandbox.microsoft_tokens import tokens
from nimbus.sandbox.world import World


def microsoft_app(world: World) -> Flask:
    """Microsoft as one application: `ms_login_base` is its root, `ms_graph_base` is `/v1.0` below it.

    `extensions["practice.grants"]` issues tokens without a sign-in, for whoever sets a scene.
    """
    app = Flask("nimbus.sandbox")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    microsoft = Microsoft(world, Grants(world.clock))
    app.extensions |= {"microsoft": microsoft, "practice.grants": microsoft.grants}
    world.forgetters.append(microsoft.forget)
    for part in (login, admin, tokens, graph, folders, messages, delta, sending):
        app.register_blueprint(part)
    app.register_error_handler(NotFound, _unknown)
    app.register_error_handler(MethodNotAllowed, _unknown)
    return app


def _unknown(error: HTTPException) -> ResponseReturnValue:
    """What is not served here, in the shape of whoever would have answered."""
    if not request.path.startswith(f"{GRAPH}/"):
        return error
    refused = GraphRefused("ResourceNotFound", status=error.code or 404)
    return refused.body(here().world.clock.now()), refused.status
