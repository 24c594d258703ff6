"""The tokens of an account: kept sealed, renewed once at a time across all processes, never replaced by older ones.

Whoever finds a token too old claims the renewal by a conditional update and asks the provider with no connection to
the database held; the answer is stored only while the claim and the version it was asked for still stand. Others
wait for the version to move. A claim is also bound to the failures counted so far: those who wait see one fail, and
do not each find it out for themselves.
"""

import random
import secrets
import time
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, quick_write, transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import OAuthGrant
from nimbus.models.base import table_of
from nimbus.models.oauth import grant_vault_owner
from nimbus.providers import oauth
from nimbus.providers.contract import OAuthApp, Secret, Tokens
from nimbus.providers.errors import GrantRefused
from nimbus.rules.oauth_answers import GrantEnding, ends_grant, sentence
from nimbus.rules.oauth_renewal import LEASE, renewal_at, retry_at
from nimbus.rules.providers import Provider
from nimbus.security.held_keys import hold_vault, hold_vault_within
from nimbus.security.vault import Vault
from nimbus.services.end_grant import end_grant, lock_account
from nimbus.services.patient_write import patient_write
from nimbus.services.prepared import Writing
from nimbus.services.provider_apps import app_of, current_hosts

STILL_GOOD = timedelta(seconds=60)  # a token that ends sooner might end on its way
_NAP = 0.05, 0.2  # seconds between looks at a renewal that somebody else has under way
_WAITS = 30.0  # seconds for that renewal: the provider has half of them
_ANSWER_PATIENCE = (
    30.0  # seconds: tokens that are not stored may be lost, so a database that restarts is waited for
)

_GRANT = table_of(OAuthGrant)
_OF_ACCOUNT = sa.and_(
    _GRANT.c.workspace_id == sa.bindparam("of_workspace"), _GRANT.c.account_id == sa.bindparam("of_account")
)
_STANDS = sa.and_(_OF_ACCOUNT, _GRANT.c.version == sa.bindparam("of_version"))
_IS_FREE = sa.or_(_GRANT.c.owner.is_(None), _GRANT.c.lease_until < sa.bindparam("at_moment"))
_IS_SEEN = _GRANT.c.refusals == sa.bindparam("of_refusals")
_CLAIM = sa.update(_GRANT).where(_STANDS, _IS_SEEN, _IS_FREE, _GRANT.c.failure_code.is_(None))
_FINISH = sa.update(_GRANT).where(_STANDS, _GRANT.c.owner == sa.bindparam("of_owner"))


class GrantLost(NimbusError):
    """Nobody is signed in at the provider any more; only a person can change that. `ending` says how that came."""

    def __init__(self, sentence: str, ending: GrantEnding) -> None:
        super().__init__(sentence)
        self.ending = ending


class GrantUnavailable(NimbusError):
    """There is no token to be had now, and that proves nothing about the account.

    ending: whether it is the app or the provider; line: the provider's own words.
    """

    def __init__(
        self, sentence: str, *, ending: GrantEnding = GrantEnding.UNAVAILABLE, line: str = ""
    ) -> None:
        super().__init__(sentence)
        self.ending = ending
        self.line = line


def save_grant(
    session: Session, *, workspace_id: int, account_id: int, app: OAuthApp, subject: str, tokens: Tokens
) -> None:
    """Keep what a person has just allowed, within the caller's transaction; what failed before is forgotten.

    Tokens that an earlier renewal still waits for are older, and will not be stored.
    """
    moment = now()
    row = {
        "workspace_id": workspace_id,
        "account_id": account_id,
        "provider": app.provider,
        "client_id": app.client_id,
        "subject": subject,
        "scopes": " ".join(sorted(tokens.scopes)),
        "granted_at": moment,
        "version": 1,
        "refusals": 0,
        "failure_code": None,
        "failure_detail": {},
        "failed_at": None,
        **_sealed(hold_vault(session, workspace_id), account_id, tokens),
    }
    put = insert_or(OAuthGrant, dialect_of(session))
    renewed: dict[str, Any] = {
        name: put.excluded[name] for name in row if name not in {"workspace_id", "account_id"}
    }
    renewed["version"] = _GRANT.c.version + 1
    session.execute(put.on_conflict_do_update(index_elements=["account_id"], set_=renewed), row)


def access_token(workspace_id: int, account_id: int, *, instead_of: Secret | None = None) -> Secret:
    """A token that is good for another minute at least, renewed where that is needed.

    instead_of: a token that the provider refused; it is renewed unless somebody has done so since. Raises GrantLost,
    GrantUnavailable, CannotOpenSecret or KeyFileProblem. Holds no connection to the database while it waits.
    """
    grant, token = _read(workspace_id, account_id)
    if token is None or token == instead_of or grant.access_until <= now() + STILL_GOOD:
        _renew_after(grant)
        _, token = _read(workspace_id, account_id)
    assert token is not None  # a renewal either stores one or raises
    return token


def renew(workspace_id: int, account_id: int) -> bool:
    """Renew a token before its time; False when somebody has just done so, or is about to. Raises as above."""
    grant, _ = _read(workspace_id, account_id, with_token=False)
    if grant.refresh_at is None or grant.refresh_at > now():
        return False
    owner = _claim(grant)
    return owner is not None and _ask(grant, owner)


def lose_token(workspace_id: int, account_id: int, token: Secret, refused: GrantRefused) -> None:
    """The provider would not have this token, which had just been renewed: the sign-in is over.

    Unless another token stands by now: then somebody has signed in again meanwhile.
    """
    with transaction() as session:
        account = lock_account(session, workspace_id, account_id)
        grant = session.get(OAuthGrant, account.id)
        if grant is None or _opened(session, grant, "access_token", grant.sealed_access_token) != token:
            return
        still = _GRANT.c.version == grant.version
        end_grant(session, workspace_id, account_id, refused.ending, line=refused.line, still=still)


def _read(workspace_id: int, account_id: int, *, with_token: bool = True) -> tuple[OAuthGrant, Secret | None]:
    """The grant as it is now, detached, and its access token where that is wanted; raises GrantLost."""
    try:
        grant = db.session.scalar(
            sa.select(OAuthGrant)
            .where(OAuthGrant.workspace_id == workspace_id, OAuthGrant.account_id == account_id)
            .execution_options(populate_existing=True)
        )
        if grant is None or grant.failure_code is not None:
            ending = GrantEnding(grant.failure_code or GrantEnding.REVOKED) if grant else GrantEnding.REVOKED
            raise GrantLost("Nobody is signed in at the provider for this inbox. Reconnect it.", ending)
        sealed = grant.sealed_access_token if with_token else None
        return grant, _opened(db.session(), grant, "access_token", sealed)
    finally:
        db.session.remove()  # no database connection is held while the network is waited for


def _renew_after(grant: OAuthGrant) -> None:
    """See to it that a version later than this one is there; by asking, or by waiting for whoever asks."""
    until, seen = time.monotonic() + _WAITS, grant
    while time.monotonic() < until:
        owner = _claim(seen)
        if owner and _ask(seen, owner):
            return
        if not owner:
            time.sleep(random.uniform(*_NAP))  # noqa: S311 - it only keeps many waiters apart
        seen, _ = _read(grant.workspace_id, grant.account_id, with_token=False)
        if seen.version != grant.version:
            return
        if seen.refusals != grant.refusals:
            raise _unavailable(seen)
    raise GrantUnavailable("A new token for this inbox takes long. It is asked for again.")


def _claim(grant: OAuthGrant) -> str | None:
    """The right to ask for the next version, as an owner's name; None while somebody else has it.

    Raises GrantUnavailable while the provider is not to be asked again yet.
    """
    if grant.refusals and grant.refresh_at is not None and grant.refresh_at > now():
        raise _unavailable(grant)
    owner, moment = secrets.token_hex(16), now()
    if grant.owner is not None and grant.lease_until is not None and grant.lease_until > moment:
        return None  # those who wait only read
    seen = _names(grant) | {"of_refusals": grant.refusals, "at_moment": moment}
    with quick_write(db.engine) as connection:
        taken = connection.execute(_CLAIM.values(owner=owner, lease_until=moment + LEASE), seen)
    return owner if taken.rowcount == 1 else None


def _ask(grant: OAuthGrant, owner: str) -> bool:
    """Ask the provider, and store what it says; False when the claim did not stand long enough for that."""
    try:
        tokens = _asked(grant)
    except GrantRefused as refused:
        _give_up(grant, owner, refused)
        return False
    store = partial(_store, grant=grant, owner=owner, tokens=tokens)
    return patient_write(store, patience=_ANSWER_PATIENCE)


def _store(writing: Writing, *, grant: OAuthGrant, owner: str, tokens: Tokens) -> bool:
    values = _sealed(hold_vault_within(writing, grant.workspace_id), grant.account_id, tokens)
    values |= {"version": grant.version + 1, "refusals": 0, "failure_detail": {}}
    return writing.change(_FINISH, _names(grant) | {"of_owner": owner} | values)


def _asked(grant: OAuthGrant) -> Tokens:
    try:
        session = db.session()
        app = app_of(session, grant.workspace_id, Provider(grant.provider), grant.client_id)
        token = _opened(session, grant, "refresh_token", grant.sealed_refresh_token)
    finally:
        db.session.remove()
    if app is None:
        raise GrantRefused(GrantEnding.APP_WRONG, "")
    if token is None:
        raise GrantRefused(GrantEnding.REVOKED, "")
    return oauth.refresh(current_hosts(), app, token)


def _give_up(grant: OAuthGrant, owner: str, refused: GrantRefused) -> None:
    """Record a refusal: the end of the grant where it proves that, else when to ask again. Raises which it is.

    Not when the claim did not stand any longer: then it was an older token that was refused.
    """
    if ends_grant(refused.ending):
        still = sa.and_(_GRANT.c.version == grant.version, _GRANT.c.owner == owner)
        code = refused.detail.get("code", "")
        with transaction() as session:
            of_account = grant.workspace_id, grant.account_id
            end_grant(session, *of_account, refused.ending, line=refused.line, code=code, still=still)
        _read(*of_account, with_token=False)
        return
    again = retry_at(now(), grant.refusals + 1, chance=random.random())  # noqa: S311 - spreads a fleet
    values = {
        "owner": None,
        "lease_until": None,
        "refusals": grant.refusals + 1,
        "refresh_at": again,
        "failure_detail": {"ending": refused.ending, "line": refused.line},
    }
    with quick_write(db.engine) as connection:
        counted = connection.execute(_FINISH.values(values), _names(grant) | {"of_owner": owner})
    if counted.rowcount == 1:
        said = sentence(refused.ending, Provider(grant.provider))
        raise GrantUnavailable(said, ending=refused.ending, line=refused.line)


def _unavailable(grant: OAuthGrant) -> GrantUnavailable:
    detail = grant.failure_detail
    ending = GrantEnding(detail.get("ending", GrantEnding.UNAVAILABLE))
    said = sentence(ending, Provider(grant.provider))
    return GrantUnavailable(said, ending=ending, line=detail.get("line", ""))


def _names(grant: OAuthGrant) -> dict[str, int]:
    return {
        "of_workspace": grant.workspace_id,
        "of_account": grant.account_id,
        "of_version": grant.version,
    }


def _opened(session: Session, grant: OAuthGrant, field: str, sealed: str | None) -> Secret | None:
    if not sealed:
        return None
    vault = hold_vault(session, grant.workspace_id)
    return Secret(vault.open(sealed, owner=grant.vault_owner, field=field))


def _sealed(vault: Vault, account_id: int, tokens: Tokens) -> dict[str, object]:
    """The columns that a token answer sets; a refresh token that did not come back is kept."""
    owner, moment = grant_vault_owner(account_id), now()
    lasts = timedelta(seconds=tokens.expires_in)
    columns: dict[str, object] = {
        "sealed_access_token": vault.seal(tokens.access.reveal(), owner=owner, field="access_token"),
        "access_until": moment + lasts,
        "refreshed_at": moment,
        "refresh_at": renewal_at(moment, lasts, chance=random.random()),  # noqa: S311 - spreads a fleet's renewals
        "owner": None,
        "lease_until": None,
    }
    if tokens.refresh is not None:
        columns["sealed_refresh_token"] = vault.seal(
            tokens.refresh.reveal(), owner=owner, field="refresh_token"
        )
    return columns
