"""Finishing a sign-in at Google or Microsoft: an account made, repaired or engaged with, or nothing saved at all.

The provider is asked with no connection to the database held. Whatever comes of it is written to the attempt, whose
page says so, also to somebody who comes back twice.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, OAuthAttempt
from nimbus.providers import oauth
from nimbus.providers.contract import OAuthApp, Tokens
from nimbus.providers.errors import GrantRefused
from nimbus.rules.oauth import OAuthPurpose, missing_scopes, needed_scopes
from nimbus.rules.oauth_answers import GrantEnding, numbers_in, return_ending
from nimbus.rules.providers import Provider
from nimbus.services.account_limits import AccountLimitReached
from nimbus.services.asker import Asker
from nimbus.services.give_back import give_back_tokens
from nimbus.services.oauth_attempts import Way, claim, earlier_return, open_way, redirect_uri
from nimbus.services.provider_apps import app_of, hosts_while_a_person_waits
from nimbus.services.save_oauth_account import ConnectedElsewhere, SignIn, save_oauth_account


class Outcome(StrEnum):
    """How a return ended, beside the endings that a provider gives it (rules/oauth_answers). Values never change."""

    CONNECTED = "connected"
    RECONNECTED = "reconnected"
    ENGAGED = "engaged"
    MISSING = "missing_permissions"
    WRONG_ACCOUNT = "wrong_account"
    CONNECTED_ELSEWHERE = "connected_elsewhere"
    NO_ROOM = "no_room"


GOOD = frozenset({Outcome.CONNECTED, Outcome.RECONNECTED, Outcome.ENGAGED})


@dataclass(frozen=True)
class Return:
    """What the browser brought back: either a code, or an error with its description."""

    state: str
    code: str = field(repr=False)
    error: str
    description: str


@dataclass(frozen=True)
class _Result:
    outcome: str
    detail: dict[str, Any] = field(default_factory=dict)
    account_id: int | None = None


def finish_sign_in(asker: Asker, provider: Provider, returned: Return, *, session_hash: str) -> int | None:
    """Make of a return what was asked for; the id of its attempt, which says how it ended.

    None when its state is not of this session, workspace and provider, or older than ten minutes: nothing is done then.
    A state that was used before leads to what came of it.
    """
    earlier = earlier_return(asker, returned.state)
    if earlier is not None:
        return earlier
    way = open_way(asker, provider, session_hash=session_hash, state=returned.state)
    if way is None:
        return None
    attempt_id = claim(asker, provider, way, returned.state)
    if attempt_id is None:
        return earlier_return(asker, returned.state)
    try:
        result = _came_back(asker, provider, way, returned)
    except GrantRefused as refused:
        result = _refusal(refused)
    _write(asker.workspace_id, attempt_id, result)
    return attempt_id


def _came_back(asker: Asker, provider: Provider, way: Way, returned: Return) -> _Result:
    if returned.error or not returned.code:
        ending = return_ending(returned.error, returned.description)
        return _Result(ending, {"code": code} if (code := _number(returned.description)) else {})
    try:
        app = app_of(db.session(), asker.workspace_id, provider, way.client_id)
    finally:
        db.session.remove()  # no database connection is held while the network is waited for
    if app is None:  # replaced since; its codes are worth nothing
        return _Result(GrantEnding.CODE_USED)
    hosts = hosts_while_a_person_waits()
    tokens = oauth.exchange(
        hosts, app, code=returned.code, verifier=way.verifier, redirect_uri=redirect_uri(provider)
    )
    result = _kept(asker, app, way, tokens)
    if result.outcome not in GOOD:
        give_back_tokens(app, tokens)
    return result


def _kept(asker: Asker, app: OAuthApp, way: Way, tokens: Tokens) -> _Result:
    """Keep the tokens if they are all that was asked for, and of the right person."""
    missing = missing_scopes(app.provider, way.purpose, tokens.scopes)
    if missing:
        return _Result(Outcome.MISSING, {"missing": list(missing)})
    try:
        person = oauth.identify(hosts_while_a_person_waits(), app.provider, tokens.access)
    except GrantRefused as refused:
        return _refusal(refused)
    if way.account_id is not None:
        expected = _address(asker.workspace_id, way.account_id)
        if expected != person.address:
            return _Result(
                Outcome.WRONG_ACCOUNT, {"expected": expected or "", "used": person.address}, way.account_id
            )
    asked = needed_scopes(app.provider, way.purpose)
    return _saved(asker, SignIn(app, way.purpose, person, replace(tokens, scopes=tokens.scopes & set(asked))))


def _saved(asker: Asker, done: SignIn) -> _Result:
    address = done.person.address
    try:
        with transaction() as session:
            saved = save_oauth_account(session, asker, done)
    except ConnectedElsewhere as there:
        return _Result(Outcome.CONNECTED_ELSEWHERE, {"email": address}, there.account_id)
    except AccountLimitReached as full:
        return _Result(Outcome.NO_ROOM, {"email": address, "sentence": str(full)})
    if done.purpose is OAuthPurpose.ENGAGE:
        return _Result(Outcome.ENGAGED, {"email": address}, saved.account_id)
    outcome = Outcome.RECONNECTED if saved.was_connected else Outcome.CONNECTED
    return _Result(outcome, {"email": address}, saved.account_id)


def _refusal(refused: GrantRefused) -> _Result:
    return _Result(refused.ending, {"line": refused.line, **refused.detail})


def _number(description: str) -> str:
    return next(map(str, numbers_in(description)), "")


def _address(workspace_id: int, account_id: int) -> str | None:
    try:
        return db.session.scalar(
            sa.select(EmailAccountHealth.email).where(
                EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.id == account_id
            )
        )
    finally:
        db.session.remove()


def _write(workspace_id: int, attempt_id: int, result: _Result) -> None:
    values: dict[str, Any] = {"outcome": result.outcome, "detail": result.detail}
    if result.account_id is not None:
        values["account_id"] = result.account_id
    with transaction() as session:
        session.execute(
            sa.update(OAuthAttempt)
            .where(OAuthAttempt.workspace_id == workspace_id, OAuthAttempt.id == attempt_id)
            .values(values)
        )
