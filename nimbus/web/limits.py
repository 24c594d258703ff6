"""How often a person may do what reaches out into the network or guesses at a password."""

from flask import request
from flask_login import current_user

from nimbus.extensions import limiter
from nimbus.settings import current_settings


def _person() -> str:
    return (
        f"user {current_user.user_id}" if current_user.is_authenticated else f"address {request.remote_addr}"
    )


limit_connection_tests = limiter.shared_limit(
    lambda: f"{current_settings().connection_tests_per_minute}/minute",
    scope="connection tests",
    key_func=_person,
    methods=["POST"],
)
limit_sign_in = limiter.limit(
    "20/minute",
    key_func=lambda: f"{request.remote_addr} {request.form.get('email', '').strip().lower()[:254]}",
    methods=["POST"],
)
limit_setup = limiter.limit("20/minute", methods=["POST"])
