"""How often a person may do what reaches out into the network or guesses at a password."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import request
from flask_login import current_user

from nimbus.extensions import limiter
from nimbus.services.sign_in import session_id
from nimbus.settings import current_settings
from nimbus.web.known_browser import digest, known_browser

P = ParamSpec("P")
R = TypeVar("R")


def _person() -> str:
    return (
        f"user {current_user.user_id}" if current_user.is_authenticated else f"address {request.remote_addr}"
    )


def _typed_email() -> str:
    return request.form.get("email", "")


def _known() -> str | None:
    return known_browser(_typed_email())


limit_connection_tests = limiter.shared_limit(
    lambda: f"{current_settings().connection_tests_per_minute}/minute",
    scope="connection tests",
    key_func=_person,
    methods=["POST"],
)
# Each asks other people's name servers some dozens of questions.
limit_domain_checks = limiter.shared_limit(
    "30/minute", scope="checks of domains", key_func=_person, methods=["POST"]
)
limit_syncs = limiter.shared_limit("30/minute", scope="syncs", key_func=_person, methods=["POST"])
limit_setup = limiter.limit("20/minute", methods=["POST"])

# Typing the password within a session counts for that session alone: a thief of another one stops nobody here.
limit_password = limiter.shared_limit(
    "20/minute;100/hour",
    scope="password of a session",
    key_func=lambda: session_id(current_user.get_id()),
    methods=["POST"],
)

_one_account = limiter.shared_limit(
    "20/minute",
    scope="sign-in to one account from one place",
    key_func=lambda: f"{_known() or request.remote_addr} {digest(_typed_email())}",
    methods=["POST"],
)
_account_everywhere = limiter.shared_limit(
    "100/hour",
    scope="sign-in to one account",
    key_func=lambda: f"{_known() or 'unknown browsers'} {digest(_typed_email())}",
    methods=["POST"],
)
_every_account = limiter.shared_limit(
    "300/hour",
    scope="sign-in from one address",
    key_func=lambda: f"{request.remote_addr}",
    exempt_when=lambda: _known() is not None,
    methods=["POST"],
)


def limit_sign_in(view: Callable[P, R]) -> Callable[P, R]:
    """Bound guessing: at one account from one place, at one account from everywhere, at all accounts from one address.

    A browser in which the person has signed in before is counted apart, so that guessing elsewhere never shuts it out.
    The limit over all accounts comes before the one over all places: it bounds how much an address can make us count.
    """
    return _one_account(_account_everywhere(_every_account(view)))  # the innermost is asked first
