"""Rows written directly, for tests that need an account and not the way to it. They need an application context."""

from datetime import timedelta
from functools import cache
from secrets import token_hex

import sqlalchemy as sa

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    ConnectionTest,
    DomainHealth,
    EmailAccountHealth,
    EventTone,
    HealthEvent,
    InboxDay,
    MailServer,
    Membership,
    Role,
    Send,
    User,
    Workspace,
)
from nimbus.rules.connection_test import SECRETS_KEPT_SECONDS, Leg
from nimbus.rules.mail_settings import MailSettings
from nimbus.security.passwords import hash_password
from nimbus.security.workspace_keys import create_workspace_key, vault_of
from nimbus.services.live_place import confirm_first
from tests import cast

PASSWORD = "the mailbox's own password"


def make_workspace(name="Acme", timezone="Europe/Paris") -> int:
    """A workspace with its key and nobody in it."""
    with transaction() as session:
        return _add_workspace(session, name, timezone)


def _add_workspace(session, name, timezone="Europe/Paris") -> int:
    workspace = Workspace(name=name, timezone=timezone, created_at=now())
    session.add(workspace)
    session.flush()
    create_workspace_key(session, workspace.id)
    confirm_first(session, by="tests")
    return workspace.id


@cache
def _hashed(password) -> str:
    """Hashing is slow on purpose; once a session is enough."""
    return hash_password(password)


def make_person(workspace_id, name, *, role=Role.OWNER, password=cast.PASSWORD) -> cast.Person:
    """Somebody who can sign in to a workspace with the password of the cast."""
    with transaction() as session:
        return _add_person(session, workspace_id, name, role, password)


def _add_person(session, workspace_id, name, role=Role.OWNER, password=cast.PASSWORD) -> cast.Person:
    email = f"{name.lower()}@example.com"
    user = User(name=name, email=email, password_hash=_hashed(password), created_at=now())
    session.add(user)
    session.flush()
    session.add(Membership(workspace_id=workspace_id, user_id=user.id, role=role))
    return cast.Person(workspace_id, user.id, email, name)


def make_cast() -> cast.Cast:
    """Alice, Adam, Bob and Vera of one workspace, one of each role; Charlie of another. All in one transaction."""
    with transaction() as session:
        acme, zenith = _add_workspace(session, "Acme"), _add_workspace(session, "Zenith")
        return cast.Cast(
            {
                "alice": _add_person(session, acme, "Alice"),
                "adam": _add_person(session, acme, "Adam", Role.ADMIN),
                "bob": _add_person(session, acme, "Bob", Role.OPERATOR),
                "vera": _add_person(session, acme, "Vera", Role.VIEWER),
                "charlie": _add_person(session, zenith, "Charlie"),
            }
        )


def make_domain(workspace_id, name="acme.test", **overrides) -> int:
    """The id of a sending domain; one that is there already is changed and not made twice."""
    with transaction() as session:
        domain = session.scalar(
            sa.select(DomainHealth).where(
                DomainHealth.workspace_id == workspace_id, DomainHealth.name == name
            )
        )
        domain = domain or DomainHealth(workspace_id=workspace_id, name=name, created_at=now())
        for field, value in overrides.items():
            setattr(domain, field, value)
        session.add(domain)
        session.flush()
        return domain.id


def make_email_account(workspace_id, email="ava@acme.test", *, legs=Leg, failed_legs=(), **overrides) -> int:
    """An account over SMTP and IMAP that is ready for cold outreach unless told otherwise; gives its id."""
    domain_id = make_domain(workspace_id, email.rpartition("@")[2])
    values = {
        "display_name": "Ava Able",
        "provider": "smtp_imap",
        "daily_send_limit": 20,
        "current_stage": 3,
        "created_at": now(),
    }
    with transaction() as session:
        account = EmailAccountHealth(
            workspace_id=workspace_id, email=email, domain_id=domain_id, **values | overrides
        )
        session.add(account)
        session.flush()
    for leg in legs:
        code = "auth_failed" if leg in failed_legs else None
        make_mail_server(workspace_id, account.id, leg, username=email, failure_code=code)
    return account.id


def make_mail_server(workspace_id, account_id, leg, **overrides) -> None:
    """One leg of an account, its password sealed for this very row."""
    values = {
        "host": f"{leg}.acme.test",
        "port": {Leg.SMTP: 465, Leg.IMAP: 993}[leg],
        "security": "ssl",
        "username": "ava@acme.test",
        "folder": "INBOX" if leg == Leg.IMAP else None,
        "checked_at": now(),
        "failure_detail": {},
    }
    with transaction() as session:
        server = MailServer(workspace_id=workspace_id, account_id=account_id, leg=leg, **values | overrides)
        vault = vault_of(session, workspace_id)
        server.sealed_password = vault.seal(PASSWORD, owner=server.vault_owner, field="password")
        session.add(server)


def make_inbox_day(workspace_id, account_id, *, sent=0, reserved=0, days_ago=0) -> None:
    """What an inbox sent on a day of its workspace's zone."""
    with transaction() as session:
        day = local_day(now(), session.get_one(Workspace, workspace_id).timezone) - timedelta(days=days_ago)
        session.add(
            InboxDay(workspace_id=workspace_id, account_id=account_id, day=day, sent=sent, reserved=reserved)
        )


def make_events(workspace_id, account_id, count, *, sentence="Event {number}") -> None:
    """Lines of an account's log, numbered from 1, the oldest first."""
    with transaction() as session:
        session.add_all(
            HealthEvent(
                workspace_id=workspace_id,
                account_id=account_id,
                at=now(),
                kind="limit",
                tone=EventTone.PLAIN,
                sentence=sentence.format(number=number),
            )
            for number in range(1, count + 1)
        )


def make_send(workspace_id, account_id, **overrides) -> int:
    """A message that a person wrote and that waits for a worker, unless told otherwise; gives its id."""
    values = {
        "kind": "manual",
        "state": "queued",
        "key": token_hex(16),
        "recipient": "bob@example.com",
        "subject": "Lunch on Thursday",
        "body": "Shall we meet at noon?",
        "created_at": now(),
        "due_at": now(),
        "timeline": [],
    }
    with transaction() as session:
        send = Send(workspace_id=workspace_id, account_id=account_id, **values | overrides)
        session.add(send)
        session.flush()
        return send.id


def mail_settings(email="ava@acme.test", **changes) -> MailSettings:
    """What somebody typed to connect an address."""
    return MailSettings(
        email=email,
        display_name="Ava Able",
        smtp_host="smtp.acme.test",
        smtp_port=465,
        smtp_security="ssl",
        smtp_username=email,
        imap_host="imap.acme.test",
        imap_port=993,
        imap_security="ssl",
        imap_username=email,
    ).changed(changes)


def make_connection_test(workspace_id, user_id, **overrides) -> int:
    """A connection test that waits for a worker, its passwords sealed, unless told otherwise; gives its id."""
    values = {
        "purpose": "connect",
        "state": "queued",
        "settings": mail_settings().as_dict(),
        "secrets_until": now() + timedelta(seconds=SECRETS_KEPT_SECONDS),
        "nonce": "0" * 32,
        "signature": "0" * 32,
        "created_at": now(),
    }
    with transaction() as session:
        test = ConnectionTest(workspace_id=workspace_id, user_id=user_id, **values | overrides)
        session.add(test)
        session.flush()
        vault = vault_of(session, workspace_id)
        for leg in Leg:
            field = f"{leg}_password"
            setattr(test, f"sealed_{field}", vault.seal(PASSWORD, owner=test.vault_owner, field=field))
        return test.id


def reload(table, *key):
    """A row as the database has it now, or None."""
    db.session.rollback()
    return db.session.get(table, key if len(key) > 1 else key[0], populate_existing=True)
