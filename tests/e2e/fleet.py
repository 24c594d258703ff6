"""Inboxes in every state an operator meets, as rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AccountTag, CooldownRow, DomainHealth, EmailAccountHealth, InboxSync, Tag
from nimbus.rules.connection_test import Leg
from tests.factories import make_domain, make_email_account, make_events, make_inbox_day, make_send

LONG = "an-unusually-long-name.that-somebody-really-has+outreach@mail.a-company-with-many-words.example"


def make_fleet(workspace_id: int) -> dict[str, int]:
    """Twelve inboxes on four domains, at least one in each state; gives their ids by the part before the @."""
    make_domain(workspace_id, "hello-acme.com", paused_at=now(), pause_reason="Listed on a blocklist")
    lines: tuple[tuple[str, str, int, int, dict[str, Any]], ...] = (
        ("ava@try-acme.com", "Ava Stone", 92, 17, {}),
        ("ben@try-acme.com", "Ben Okafor", 88, 22, {"current_stage": 5, "daily_send_limit": 50}),
        (
            "cara@try-orbit.com",
            "Cara Lind",
            76,
            9,
            {"cooldown_until": now() + timedelta(hours=3, minutes=10)},
        ),
        (
            "dan@try-orbit.com",
            "Dan Meyer",
            81,
            0,
            {"connection_state": "auth_failed", "failed_legs": [Leg.SMTP]},
        ),
        ("emma@hello-acme.com", "Emma Roux", 64, 4, {"bounce_rate_7d": 0.038}),
        ("finn@try-orbit.com", "Finn Weber", 85, 20, {}),
        ("gia@brightside-mail.com", "Gia Russo", 74, 6, {"current_stage": 1, "daily_send_limit": 15}),
        ("hugo@brightside-mail.com", "Hugo Silva", 0, 0, {"current_stage": 0, "overall_score": None}),
        ("iris@brightside-mail.com", "Iris Novak", 79, 11, {"current_stage": 2}),
        (
            "jonas@try-acme.com",
            "Jonas Berg",
            90,
            0,
            {
                "is_active": False,
                "is_active_changed_at": datetime(2026, 11, 12, tzinfo=UTC),
                "is_active_changed_by": "Dana",
            },
        ),
        ("kim@try-acme.com", "Kim Park", 83, 8, {"failed_legs": [Leg.IMAP]}),
        ("lea@try-orbit.com", "Lea Marin", 95, 13, {"restriction": "nurture", "current_stage": 4}),
    )
    ids = {}
    for email, name, score, sent, values in lines:
        rates = {"bounce_rate_7d": score % 5 / 1000, "complaint_rate_7d": 0.0, "reputation_score": score}
        known = {"display_name": name, "overall_score": score, "current_stage": 3, "warmup_progress": score}
        usual = (rates if score else {}) | known
        ids[email.partition("@")[0]] = made = make_email_account(workspace_id, email, **usual | values)
        make_inbox_day(workspace_id, made, sent=sent)
    make_events(workspace_id, ids["ava"], 4, sentence="Daily limit changed to {number}0")
    return ids


def make_messages(workspace_id: int, account_id: int, asked_by: int) -> dict[str, int]:
    """A message of an inbox in every state; gives their ids by the state's name."""
    said = "550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown in virtual mailbox table"
    line = [now().isoformat(), "failed", "bob@example.com does not exist.", said]
    stored = f"Message-ID: <{'0123456789abcdef' * 4}@try-acme.com>\r\n\r\nAt noon?\r\n".encode()
    held = {"owner": "w", "lease_until": now() + timedelta(days=1), "message": stored}
    doubt = {
        "state": "ambiguous",
        "message": stored,
        "reason": "The worker stopped, so it may have been sent.",
    }
    states: dict[str, dict[str, Any]] = {
        "waiting": {"reason": "This inbox cools down.", "due_at": now() + timedelta(hours=3)},
        "sending": {"state": "in_data", **held},
        "sent": {"state": "sent", "message": stored, "copy_state": "kept", "recipient": LONG},
        "not_sent": {"state": "failed", "category": "hard_invalid", "timeline": [line], "reason": line[2]},
        "looked_for": {**doubt, "next_look_at": now() + timedelta(days=1)},
        "in_doubt": {**doubt, "subject": "A long subject of a message that nobody knows about " * 3},
    }
    return {
        name: make_send(workspace_id, account_id, asked_by=asked_by, **values)
        for name, values in states.items()
    }


def make_crowd(workspace_id: int, size: int) -> None:
    """More inboxes without servers: enough for a list that must be long. The first has a very long address."""
    domain_ids = [make_domain(workspace_id, name) for name in (LONG.partition("@")[2], "crowd.example")]
    db.session.add_all(
        EmailAccountHealth(
            workspace_id=workspace_id,
            email=f"person{number}@crowd.example" if number else LONG,
            display_name=f"Person {number}",
            provider="smtp_imap",
            domain_id=domain_ids[bool(number)],
            daily_send_limit=20 + number % 30,
            current_stage=number % 6,
            overall_score=float(number * 37 % 101),
            bounce_rate_7d=number % 50 / 1000,
            created_at=now(),
        )
        for number in range(size)
    )
    db.session.commit()


def make_agency(workspace_id: int) -> None:
    """1,000 inboxes on 120 domains, a third each of Acme, Orbit Labs and nobody: 48 of Acme warm up, 5 cool down.

    Their limits are typed by hand, every cooldown has its row, and nobody reads them, so that no look changes a thing.
    """
    with transaction() as session:
        domains = [
            DomainHealth(workspace_id=workspace_id, name=f"try{number}.example", created_at=now())
            for number in range(120)
        ]
        clients = [
            Tag(workspace_id=workspace_id, name=name, folded=name.casefold(), is_client=True)
            for name in ("Acme", "Orbit Labs")
        ]
        session.add_all([*domains, *clients])
        session.flush()
        inboxes = [_of_agency(workspace_id, number, domains[number % 120].id) for number in range(1000)]
        session.add_all(inboxes)
        session.flush()
        for number, inbox in enumerate(inboxes):
            mine = {"workspace_id": workspace_id, "account_id": inbox.id}
            session.add(InboxSync(**mine, next_at=now() + timedelta(days=1)))
            if number % 3 < 2:
                session.add(AccountTag(**mine, tag_id=clients[number % 3].id))
            if inbox.cooldown_until:
                rest = {"kind": "manual", "step": 1, "cause": "dana", "events": [], "said": "Resting."}
                session.add(CooldownRow(**mine, **rest, began_at=now(), until=inbox.cooldown_until))


def _of_agency(workspace_id: int, number: int, domain_id: int) -> EmailAccountHealth:
    warms, cools = number % 3 == 0 and number < 144, 300 <= number < 315
    name = "cara.lind" if number == 400 else f"person{number:03}"
    return EmailAccountHealth(
        workspace_id=workspace_id,
        email=f"{name}@try{number % 120}.example",
        display_name=name.title(),
        provider="smtp_imap",
        domain_id=domain_id,
        daily_send_limit=10 + number % 20,
        limit_mode="manual",
        current_stage=1 if warms else 3,
        overall_score=float(70 + number % 30),
        cooldown_until=now() + timedelta(days=2) if cools else None,
        cooldown_kind="manual" if cools else None,
        created_at=now(),
    )
