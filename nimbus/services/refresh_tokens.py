"""Renewing tokens before anybody needs them: a batch of those that are due, one after another."""

import logging
import time
from collections import Counter

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from nimbus.clock import now
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, OAuthGrant
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.services.live_place import place_state
from nimbus.services.oauth_tokens import GrantLost, GrantUnavailable, renew

BATCH, BATCH_SECONDS = 200, 50.0  # of one job; the next comes within a minute
_ENOUGH = 3  # failures of one provider in a row: the rest would only wait for it as well

_log = logging.getLogger(__name__)


def refresh_due() -> int:
    """Renew the tokens that end soon, those that end first first; how many were renewed.

    Nothing on a copy that nobody confirmed: it would take the tokens of the installation that it is a copy of.
    """
    if not place_state().confirmed:
        return 0
    until, renewed, silent = time.monotonic() + BATCH_SECONDS, 0, Counter[str]()
    for workspace_id, account_id, provider in _due():
        if time.monotonic() > until or silent[provider] >= _ENOUGH:
            continue
        try:
            renewed += renew(workspace_id, account_id)
        except GrantUnavailable as problem:
            is_silence = problem.ending is GrantEnding.UNAVAILABLE  # a wrong app is one workspace's alone
            silent[provider] += is_silence
        except GrantLost:
            silent[provider] = 0  # that was an answer
        except OperationalError as error:
            _log.warning("Renewing tokens waits for the database: %s", type(error.orig).__name__)
            return renewed
        except NimbusError as problem:  # a secret that does not open: the account's page says so
            _log.warning("The token of account %s is not renewed: %s", account_id, problem)
        else:
            silent[provider] = 0
    return renewed


def _due() -> list[tuple[int, int, str]]:
    due = (
        sa.select(OAuthGrant.workspace_id, OAuthGrant.account_id, OAuthGrant.provider)
        .join(EmailAccountHealth, EmailAccountHealth.id == OAuthGrant.account_id)
        .where(OAuthGrant.refresh_at <= now(), EmailAccountHealth.removed_at.is_(None))
        .order_by(OAuthGrant.refresh_at)
        .limit(BATCH)
    )
    try:
        return [(row.workspace_id, row.account_id, row.provider) for row in db.session.execute(due)]
    finally:
        db.session.remove()
