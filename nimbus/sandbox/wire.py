"""What a server can do to a caller besides answering."""

import socket

from flask import Response, request

from nimbus.sandbox.world import World


def cut() -> Response:
    """End the connection without an answer; what is returned is written to nobody. Needs werkzeug's own server."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=503)


def hang(world: World, seconds: float) -> Response:
    """Say nothing for so long, or until the world closes, and then hang up. Never call it with the lock held."""
    world.closing.wait(seconds)
    return cut()
