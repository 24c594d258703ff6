"""Rows of somebody who signs in at Google and Microsoft, for pages that show every outcome there is."""

from datetime import timedelta
from secrets import token_hex

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import OAuthAttempt, OAuthGrant
from nimbus.rules.oauth import OAuthPurpose, needed_scopes
from nimbus.rules.providers import Provider
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.provider_apps import keep_check, save_app
from tests.factories import make_email_account

GMAIL, MICROSOFT = Provider.GMAIL, Provider.MICROSOFT
CHECK = [
    ["Redirect address", True, "https://nimbus.example.com/oauth/google/callback is one that Google takes."],
    ["Client ID and secret", False, "Google does not accept the app. 401 invalid_client: Unauthorized"],
    ["Consent", None, "Nobody has signed in through this app yet. Connect an inbox to see it work."],
]
LINE = {"line": "400 invalid_grant: AADSTS54005: The code was redeemed before.", "reference": "11-22 33-44"}
OUTCOMES = {
    "connected": {"email": "ava@signed-in.test"},
    "reconnected": {"email": "ava@signed-in.test"},
    "missing_permissions": {"missing": [needed_scopes(MICROSOFT, OAuthPurpose.CONNECT)[1]]},
    "wrong_account": {
        "expected": "ava@signed-in.test",
        "used": "somebody.with.a.long.name@elsewhere.example",
    },
    "no_room": {"email": "new@signed-in.test", "sentence": "10 of 10 inboxes are connected."},
    "admin_consent": {},
    "code_used": LINE,
    None: {},
}


def make_sign_ins(workspace_id: int, user_id: int) -> dict[str, int]:
    """Apps at both, an inbox that is signed in, and a return of each kind; ids by name."""
    asker = Asker(workspace_id, user_id, "Dana", Role.OWNER, "127.0.0.1")
    save_app(asker, GMAIL, client_id="402-x.apps.googleusercontent.com", secret="s", audience="testing")
    save_app(asker, MICROSOFT, client_id="0dd1f7c5-0000-4000-8000-0070726163e5", secret="s", tenant="")
    keep_check(workspace_id, GMAIL, CHECK)
    account_id = make_email_account(workspace_id, "ava@signed-in.test", legs=(), provider=MICROSOFT)
    mine = {"workspace_id": workspace_id, "provider": MICROSOFT, "account_id": account_id}
    with transaction() as session:
        scopes = " ".join(needed_scopes(MICROSOFT, OAuthPurpose.CONNECT))
        times = {"access_until": now() + timedelta(days=1), "granted_at": now(), "refreshed_at": now()}
        session.add(
            OAuthGrant(**mine, client_id="0dd1", subject="1", scopes=scopes, failure_detail={}, **times)
        )
        attempts = {
            f"return_{outcome}": OAuthAttempt(
                **mine,
                user_id=user_id,
                purpose=OAuthPurpose.REAUTHORIZE if outcome == "wrong_account" else OAuthPurpose.CONNECT,
                state_hash=token_hex(32),
                returned_at=now() + timedelta(days=1),
                outcome=outcome,
                detail=detail,
            )
            for outcome, detail in OUTCOMES.items()
        }
        session.add_all(attempts.values())
        session.flush()
        return {"signed_in": account_id} | {name: attempt.id for name, attempt in attempts.items()}
