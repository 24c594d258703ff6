"""Two workspaces with a row of every kind in each, and the names that addresses have for these rows."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import (
    AccountTag,
    AuditEvent,
    Invitation,
    OAuthAttempt,
    Role,
    SavedView,
    Tag,
    Undo,
    UndoValue,
    User,
)
from nimbus.models.base import Base
from nimbus.providers.contract import OAuthApp, Secret, Tokens
from nimbus.rules.audit import Action
from nimbus.rules.connection_test import Leg
from nimbus.rules.oauth import OAUTH_PROVIDERS, OAuthPurpose, needed_scopes
from nimbus.rules.providers import Provider
from nimbus.services.asker import Asker
from nimbus.services.oauth_tokens import save_grant
from nimbus.services.provider_apps import save_app
from nimbus.services.sign_in import hash_token, open_session, session_id
from tests.browse import Browser
from tests.cast import Cast, Person
from tests.factories import (
    mail_settings,
    make_connection_test,
    make_domain,
    make_email_account,
    make_events,
    make_inbox_day,
    make_person,
    make_send,
)
from tests.migrations.rows import ROWS
from tests.sweeps.campaigns import fill_campaigns
from tests.sweeps.people import fill_contacts
from tests.sweeps.replies import fill_replies
from tests.sweeps.throttled import fill_throttled_campaign

CANARY = b"acme-own"  # stands in every text of Acme that a page could show
LINK = "-link"  # with the workspace's name before it, the token of an invitation
UNDO = "-undo"  # the same for the token of an undo
Samples = dict[str, object]


@dataclass(frozen=True)
class World:
    """Acme with one person of each role, Zenith with Charlie, and a sample for every argument of an address."""

    app: Flask
    cast: Cast
    acme: Samples
    zenith: Samples
    missing: Samples

    def sign_in(self, name: str | None) -> Browser:
        """A browser of somebody of the cast; None is a stranger, who has a token too."""
        browser = Browser(self.app)
        if name:
            return browser.sign_in(self.cast.people[name])
        browser.token = browser._read_token("/login")
        return browser


def make_world(app: Flask, cast: Cast) -> World:
    with app.app_context():
        with transaction() as session:
            # Somebody must see what the whole installation shares; that it is Alice lets her reach every page.
            session.get_one(User, cast.alice.user_id).owns_instance = True
        acme = _fill(cast.alice, "acme")
        zenith = _fill(cast.charlie, "zenith")
        acme |= _pause_a_domain(cast.alice, "acme")
        zenith |= _pause_a_domain(cast.charlie, "zenith")
        acme |= _sign_in_at_google(cast.alice, "acme")
        zenith |= _sign_in_at_google(cast.charlie, "zenith")
        for person in (cast.alice, cast.charlie):
            _fill_the_rest(person.workspace_id)
    return World(app, cast, acme, zenith, {name: _missing(value) for name, value in acme.items()})


def _fill(owner: Person, name: str) -> Samples:
    """One row at least in every table of a workspace, its name in each text; gives what addresses call them."""
    workspace_id, user_id = owner.workspace_id, owner.user_id
    member = make_person(workspace_id, f"Ada-{name}", role=Role.VIEWER)
    account_id = make_email_account(
        workspace_id, f"ava@{name}-own.test", display_name=f"Ava of {name}-own", failed_legs=[Leg.SMTP]
    )
    make_inbox_day(workspace_id, account_id, sent=3)
    make_events(workspace_id, account_id, 60, sentence=f"{name}-own {{number}}")
    make_connection_test(workspace_id, user_id, settings=_typed(f"new@{name}-own.test"))
    failure = {"failure_leg": "smtp", "failure_step": "login", "failure_code": "auth_failed"}
    test_id = make_connection_test(
        workspace_id,
        user_id,
        state="failed",
        finished_at=now(),
        settings=_typed(f"bad@{name}-own.test"),
        **failure,
    )
    sent = {"recipient": f"to@{name}-own.test", "subject": f"About {name}-own", "asked_by": user_id}
    message_id = make_send(workspace_id, account_id, state="ambiguous", **sent)
    waiting_id = make_send(workspace_id, account_id, reason=f"It waits at {name}-own.", **sent)
    another_browser = session_id(open_session(workspace_id, user_id, address="", browser=""))
    times = {"created_at": now(), "expires_at": now() + timedelta(days=7)}
    with transaction() as session:
        invitation = Invitation(
            workspace_id=workspace_id,
            token_hash=hash_token(f"{name}{LINK}"),
            email=f"guest@{name}-own.test",
            role=Role.VIEWER,
            invited_by=user_id,
            **times,
        )
        event = AuditEvent(
            workspace_id=workspace_id,
            at=now(),
            user_id=user_id,
            actor=f"{name}-own",
            action=Action.ACCOUNT_CHANGED,
            object_kind="account",
            object_id=str(account_id),
            object_name=f"ava@{name}-own.test",
        )
        attempt = OAuthAttempt(
            workspace_id=workspace_id,
            user_id=user_id,
            provider="gmail",
            purpose="connect",
            state_hash=hash_token(f"{name}-state"),
            returned_at=now(),
            outcome="no_room",
            detail={"sentence": f"No room for ava@{name}-own.test"},
        )
        tag = Tag(workspace_id=workspace_id, name=f"{name}-own", folded=f"{name}-own", is_client=True)
        view = SavedView(
            workspace_id=workspace_id, user_id=user_id, name=f"{name}-own", folded=f"{name}-own", query="q=a"
        )
        undo = Undo(
            workspace_id=workspace_id,
            user_id=user_id,
            token_hash=hash_token(f"{name}{UNDO}"),
            change=["Limit", 20, "automatic"],
            expires_at=now() + timedelta(days=7),
        )
        session.add_all([invitation, event, attempt, tag, view, undo])
        session.flush()
        session.add(AccountTag(workspace_id=workspace_id, account_id=account_id, tag_id=tag.id))
        session.add(
            UndoValue(
                workspace_id=workspace_id, undo_id=undo.id, account_id=account_id, before=[30, "manual"]
            )
        )
        people = fill_contacts(session, workspace_id, name)
        its = {each: people[each] for each in ("book_id", "contact_id")}
        campaigns = fill_campaigns(session, workspace_id, name, account_id, **its)
        campaigns |= fill_throttled_campaign(
            session, workspace_id, name, account_id, contact_id=its["contact_id"]
        )
        replies = fill_replies(session, workspace_id, name, account_id, message_id=message_id)
        return (
            people
            | campaigns
            | replies
            | {
                "account_id": account_id,
                "test_id": test_id,
                "attempt_id": attempt.id,
                "message_id": message_id,
                "messages.move.message_id": waiting_id,
                "user_id": member.user_id,
                "invitation_id": invitation.id,
                "workspace_id": workspace_id,
                "session_id": another_browser,
                "view_id": view.id,
                "undo_token": f"{name}{UNDO}",
            }
        )


def _pause_a_domain(owner: Person, name: str) -> Samples:
    """A domain with an inbox and a pause that can be set aside; its own name may stand in an answer that repeats it."""
    workspace_id, domain = owner.workspace_id, f"{name}-mail.test"
    make_email_account(
        workspace_id, f"pia@{domain}", display_name=f"Pia of {name}-own", legs=(), provider=Provider.GMAIL
    )
    held = {"mx_dead": [now().isoformat(), now().isoformat(), None]}
    pause = {
        "pause_reason": f"No reply arrives at {name}-own",
        "pause_codes": ["mx_dead"],
        "paused_at": now(),
    }
    make_domain(workspace_id, domain, pause_memory=held, next_check_at=now() + timedelta(hours=6), **pause)
    return {"domain": domain}


def _sign_in_at_google(owner: Person, name: str) -> Samples:
    """An app at both providers, and an inbox whose mail may be marked and moved, for the addresses about that."""
    workspace_id = owner.workspace_id
    asker = Asker(workspace_id, owner.user_id, f"{name}-own", Role.OWNER, "127.0.0.1")
    for provider in OAUTH_PROVIDERS:
        save_app(asker, provider, client_id=f"{name}-own.app", secret="a client secret")
    account_id = make_email_account(workspace_id, f"gil@{name}-own.test", legs=(), provider=Provider.GMAIL)
    scopes = frozenset(needed_scopes(Provider.GMAIL, OAuthPurpose.ENGAGE))
    with transaction() as session:
        save_grant(
            session,
            workspace_id=workspace_id,
            account_id=account_id,
            app=OAuthApp(provider=Provider.GMAIL, client_id=f"{name}-own.app", client_secret=Secret("s")),
            subject=f"{name}-own",
            tokens=Tokens(access=Secret("a"), refresh=Secret("r"), expires_in=3600, scopes=scopes),
        )
    return {"engage.form.account_id": account_id}


def _fill_the_rest(workspace_id: int) -> None:
    """Rows for the tables that have none yet: every migration brings some of its own."""
    with transaction() as session:
        for revision in ROWS.values():
            for name, values in revision(workspace_id):
                table = Base.metadata.tables[name]
                if "workspace_id" in table.c and not session.scalar(
                    sa.select(sa.literal(value=True)).where(table.c.workspace_id == workspace_id).limit(1)
                ):
                    numbered = {column: value for column, value in values.items() if column != "id"}
                    session.execute(sa.insert(table).values(numbered))


def _typed(email: str) -> dict[str, object]:
    return mail_settings(email).as_dict()


def _missing(value: object) -> object:
    """A value of the same shape that belongs to no row."""
    return 999_999 if isinstance(value, int) else "0" * len(str(value))
