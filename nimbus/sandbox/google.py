"""The practice Google: sign-in and the Gmail API over the mailboxes of a world, in the wire shapes of `providers.md` 1."""

from flask import Flask

from nimbus.sandbox.google_calls import Meter
from nimbus.sandbox.google_grants import Grants
from nimbus.sandbox.google_mail import mail
from nimbus.sandbox.google_sign_in import sign_in
from nimbus.sandbox.world import World


def google_app(world: World) -> Flask:
    """The practice Google of a world: /o/oauth2/v2/auth, /token, /revoke, /v1/userinfo, /gmail/v1 and /upload/gmail/v1.

    `extensions["practice.grants"]` issues tokens without a sign-in, for whoever sets a scene.
    """
    app = Flask("nimbus.sandbox")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions |= {
        "practice.world": world,
        "practice.grants": Grants(world),
        "practice.meter": Meter(world),
    }
    app.register_blueprint(sign_in)
    app.register_blueprint(mail)
    return app
