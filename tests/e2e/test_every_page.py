"""Each page in each state, on a desk and on a phone, in light and in dark: no barrier, no error, nothing too wide."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import User
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from nimbus.services.saved_views import save_view
from nimbus.services.tag_changes import set_tags
from nimbus.web.assets import STATIC
from tests.domain_states import make_domains
from tests.e2e.campaigns import make_stuck
from tests.e2e.conftest import Owner, open_window
from tests.e2e.contacts import make_contacts
from tests.e2e.fleet import LONG, make_crowd, make_fleet, make_messages
from tests.e2e.judged import make_judged
from tests.e2e.replies import make_replies
from tests.e2e.sign_ins import OUTCOMES, make_sign_ins
from tests.e2e.watching import assert_sound_everywhere
from tests.factories import mail_settings, make_connection_test, make_email_account

_DIALOGUE = "S: 220 smtp.acme.test ESMTP\nC: EHLO nimbus\nS: 535 5.7.8 Error: authentication failed"
_SENT = [
    ["smtp", step, "passed", ""] for step in ("find_server", "connect", "encrypt", "sign_in", "hand_over")
]
_FOUND = [["imap", step, "passed", ""] for step in ("find_server", "connect", "encrypt", "sign_in")]
_END = [["imap", step, "passed", ""] for step in ("open_folder", "find_reply")]

TESTS: dict[str, dict[str, Any]] = {
    "queued": {},
    "running": {"state": "running", "progress": [*_SENT[:3], ["smtp", "sign_in", "running", ""]]},
    "refused": {
        "state": "failed",
        "progress": [*_SENT[:3], ["smtp", "sign_in", "running", ""]],
        "failure_leg": "smtp",
        "failure_step": "sign_in",
        "failure_code": "auth_failed",
        "server_line": "535 5.7.8 Error: authentication failed: " + "x" * 160,
        "dialogue": _DIALOGUE,
    },
    "no_folder": {
        "state": "failed",
        "progress": [*_SENT, *_FOUND, ["imap", "open_folder", "running", ""]],
        "failure_leg": "imap",
        "failure_step": "open_folder",
        "failure_code": "folder",
        "failure_detail": {"folders": "INBOX\nPosteingang\nSent"},
        "settings": mail_settings(LONG).as_dict(),
    },
    "old_tls": {
        "state": "failed",
        "progress": [*_SENT[:2], ["smtp", "encrypt", "running", ""]],
        "failure_leg": "smtp",
        "failure_step": "encrypt",
        "failure_code": "tls_handshake",
        "failure_detail": {"kind": "version"},
    },
    "passed": {"state": "passed", "progress": [*_SENT, *_FOUND, *_END], "warning": "It arrived in Junk."},
    "stopped": {"state": "stopped", "progress": _SENT[:2]},
}

IMPORTS = ("waits", "runs", "done", "stopped")
MESSAGES = ("waiting", "sending", "sent", "not_sent", "looked_for", "in_doubt")

_DRAWN = "() => [...document.querySelectorAll('use')].map(use => use.getAttribute('href').split('#')[1])"
_SPRITE = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text("utf-8")))

# What it shows: whose workspace, and the address.
PAGES = {
    "home of an empty workspace": ("none", "/"),
    "home": ("many", "/"),
    "list of none": ("none", "/email-accounts"),
    "list of one with a long address": ("one", "/email-accounts"),
    "list of sixty": ("many", "/email-accounts"),
    "second page": ("many", "/email-accounts?page=2"),
    "search without a find": ("many", "/email-accounts?q=nobody"),
    "filter without a find": ("many", "/email-accounts?status=warming&domain=hello-acme.com"),
    "search of a client": ("many", "/email-accounts?client=Acme&tag=vip"),
    "asking about all that match": ("many", "/email-accounts/bulk?do=limit&scope=all&status=ready"),
    "asking for a tag": ("many", "/email-accounts/bulk?do=tag&scope=all"),
    "no saved view": ("none", "/email-accounts/views"),
    "saving a view": ("many", "/email-accounts/views?status=cooldown&client=Acme"),
    "tags of an account": ("many", "/email-accounts/{ava}/tags"),
    "healthy account": ("many", "/email-accounts/{ava}"),
    "refused account": ("many", "/email-accounts/{dan}"),
    "account without replies": ("many", "/email-accounts/{kim}"),
    "account out of rotation": ("many", "/email-accounts/{jonas}"),
    "account of a paused domain": ("many", "/email-accounts/{emma}"),
    "account without figures": ("many", "/email-accounts/{hugo}"),
    "account with a long address": ("one", "/email-accounts/{long}"),
    "account that is well": ("apps", "/email-accounts/{well}"),
    "account that cools down": ("apps", "/email-accounts/{cooling}"),
    "account that is held": ("apps", "/email-accounts/{held}"),
    "log": ("many", "/email-accounts/{ava}/log"),
    "log with what was behind": ("apps", "/email-accounts/{cooling}/log"),
    "log of the mail": ("apps", "/email-accounts/{cooling}/log?show=mail"),
    "editing a limit": ("many", "/email-accounts/{ava}/edit?field=limit"),
    "removing": ("many", "/email-accounts/{ava}/remove"),
    "changing servers": ("many", "/email-accounts/{dan}/reconnect"),
    "four paths": ("none", "/email-accounts/connect"),
    "path of Gmail": ("none", "/email-accounts/connect/gmail"),
    "path of Microsoft": ("none", "/email-accounts/connect/microsoft"),
    "Gmail with an app": ("apps", "/email-accounts/connect/gmail"),
    "Microsoft with an app": ("apps", "/email-accounts/connect/microsoft"),
    "a sign-in that has expired": ("none", "/email-accounts/connect/gmail/expired"),
    "an administrator's approval": (None, "/oauth/microsoft/callback?admin_consent=True"),
    **{
        f"return {outcome}": ("apps", f"/email-accounts/connect/returned/{{return_{outcome}}}")
        for outcome in OUTCOMES
    },
    "account that is signed in": ("apps", "/email-accounts/{signed_in}"),
    "signing in again": ("apps", "/email-accounts/{signed_in}/reconnect"),
    "marking and moving mail": ("apps", "/email-accounts/{signed_in}/engage"),
    "removing an account that is signed in": ("apps", "/email-accounts/{signed_in}/remove"),
    "integrations": ("apps", "/integrations"),
    "no Microsoft app": ("none", "/integrations/microsoft"),
    "Google app": ("apps", "/integrations/google"),
    "Microsoft app": ("apps", "/integrations/microsoft"),
    "entering an app": ("none", "/integrations/google/edit"),
    "changing an app": ("apps", "/integrations/microsoft/edit"),
    "removing an app": ("apps", "/integrations/google/remove"),
    "path of ReachInbox": ("none", "/email-accounts/connect/reachinbox"),
    "empty form": ("none", "/email-accounts/connect/smtp"),
    "form after a failure": ("many", "/email-accounts/connect/smtp?from_test={refused}"),
    **{f"test {name}": ("many", f"/email-accounts/connect/tests/{{{name}}}") for name in TESTS},
    "writing a message": ("many", "/email-accounts/{ava}/write"),
    "writing through a lost inbox": ("many", "/email-accounts/{dan}/write"),
    "messages of none": ("none", "/messages"),
    "messages": ("many", "/messages"),
    "messages of an inbox in one state": ("many", "/messages?account={ava}&state=failed"),
    **{f"message {name}": ("many", f"/messages/{{message_{name}}}") for name in MESSAGES},
    "moving a message": ("many", "/messages/{message_waiting}/inbox"),
    "moving a message without another inbox": ("one", "/messages/{message_alone}/inbox"),
    "domains of none": ("none", "/domains"),
    "domains": ("domains", "/domains"),
    **{
        f"domain that is {state}": ("domains", f"/domains/{state}.example")
        for state in ("listed", "failing", "overridden", "silent", "troubled", "checking")
    },
    "a public provider's domain": ("domains", "/domains/gmail.com"),
    "contacts of none": ("none", "/contacts"),
    "contacts": ("many", "/contacts"),
    "contacts without a find": ("many", "/contacts?q=nobody"),
    "address book": ("many", "/contacts/books/{book}"),
    "removing an address book": ("many", "/contacts/books/{book}/remove"),
    "contact who gets no mail": ("many", "/contacts/{contact}"),
    "contact with a long address": ("many", "/contacts/{contact_long}"),
    "editing a contact": ("many", "/contacts/{contact_long}/edit"),
    "erasing a contact": ("many", "/contacts/{contact}/erase"),
    "import, its file": ("many", "/contacts/import"),
    "import, its columns": ("many", "/contacts/imports/{import_waits}/columns"),
    **{f"import that {name}": ("many", f"/contacts/imports/{{import_{name}}}") for name in IMPORTS},
    "nobody suppressed": ("none", "/contacts/suppression"),
    "suppression list": ("many", "/contacts/suppression"),
    "taking an address off the list": ("many", "/contacts/suppression/{suppressed}/lift"),
    "unsubscribing": (None, "/u/{unsubscribing}"),
    "a link to unsubscribe that opens nothing": (None, "/u/unknown"),
    "replies of none": ("none", "/replies"),
    "replies": ("many", "/replies?state=all"),
    "replies without a find": ("many", "/replies?class=bounce&campaign=1"),
    "conversation": ("many", "/replies/{reply_other}"),
    "figures of none": ("none", "/deliverability/figures"),
    "figures": ("many", "/deliverability/figures"),
    "deliverability of none": ("none", "/deliverability"),
    "deliverability": ("many", "/deliverability"),
    "campaign that is throttled": ("many", "/campaigns/{campaign}"),
    "another floor": ("many", "/campaigns/{campaign}/floor?floor=60"),
    "a floor that is none": ("many", "/campaigns/{campaign}/floor?floor=high"),
    "inboxes by rule": ("many", "/campaigns/{campaign}/inboxes"),
    "decisions": ("many", "/campaigns/{campaign}/log"),
    "account and its campaigns": ("many", "/email-accounts/{low}"),
    "team": ("none", "/settings/team"),
    "inviting": ("none", "/settings/team/invite"),
    "a member's role": ("none", "/settings/team/members/{dana}"),
    "workspaces": ("none", "/workspaces"),
    "leaving a workspace": ("none", "/workspaces/leave"),
    "an invitation that opens nothing": (None, "/invite/unknown"),
    "workspace settings": ("many", "/settings/workspace"),
    "encryption": ("many", "/settings/encryption"),
    "rotating a key": ("many", "/settings/encryption/rotate"),
    "how often keys rotate": ("none", "/settings/encryption/schedule"),
    "audit log": ("many", "/settings/audit"),
    "audit log without a find": ("none", "/settings/audit?person=nimbus&q=nobody"),
    "audit log with a wrong filter": ("none", "/settings/audit?since=2026-03-02&until=2026-03-01"),
    "exporting the audit log": ("many", "/settings/audit/export?q=workspace"),
    "own settings": ("none", "/settings/you"),
    "asking for the password": ("none", "/confirm?next=/settings/you"),
    "system": ("one", "/system"),
    "help": ("none", "/help"),
    "help on connecting": ("none", "/help/connecting"),
    "help on app passwords": ("none", "/help/app-passwords"),
    "a page that is not there": ("none", "/nowhere"),
    "sign-in": (None, "/login"),
}


@dataclass(frozen=True)
class World:
    owners: dict[str | None, Owner | None]
    ids: dict[str, int]


@pytest.fixture(scope="module")
def world(app, new_owner) -> World:
    """Five workspaces: with no account, with one, with sixty, one that signs in at providers, one of many domains."""
    owners = {name: new_owner() for name in ("none", "one", "many", "apps", "domains")}
    many = owners["many"]
    with app.app_context():
        ids = make_fleet(many.workspace_id)
        make_crowd(many.workspace_id, 60 - len(ids))
        dana = Asker(many.workspace_id, many.user_id, "Dana", Role.OWNER, "")
        set_tags(dana, ids["ava"], tags=["vip", "Q1 launch"], clients=["Acme"])
        save_view(dana, "Acme, resting", "status=cooldown&client=Acme")
        ids["dana"] = owners["none"].user_id
        keeper = owners["domains"]
        make_domains(keeper.workspace_id, Asker(keeper.workspace_id, keeper.user_id, "Dana", Role.OWNER, ""))
        with transaction() as session:
            session.get_one(User, owners["one"].user_id).owns_instance = True
        ids["long"] = make_email_account(owners["one"].workspace_id, LONG)
        alone = make_messages(owners["one"].workspace_id, ids["long"], owners["one"].user_id)
        ids["message_alone"] = alone["waiting"]
        ids |= make_judged(owners["apps"].workspace_id)
        ids |= make_sign_ins(owners["apps"].workspace_id, owners["apps"].user_id)
        messages = make_messages(many.workspace_id, ids["ava"], many.user_id)
        ids |= {f"message_{name}": messages[name] for name in MESSAGES}
        ids |= {f"reply_{key}": each for key, each in make_replies(many.workspace_id, ids["ava"]).items()}
        ids |= make_contacts(many.workspace_id, many.user_id)
        ids |= make_stuck(many.workspace_id)
        for name, values in TESTS.items():
            # Held by a worker that nobody will miss for a day, so that the state stays as it is.
            held = {"started_at": now(), "owner": "0" * 32, "lease_until": now() + timedelta(days=1)}
            account = {"account_id": ids["ava"]} if name == "passed" else {}
            ids[name] = make_connection_test(many.workspace_id, many.user_id, **held | account | values)
    return World(owners | {None: None}, ids)


@pytest.fixture(scope="module")
def windows(chromium, product, world) -> Iterator[dict[str | None, Page]]:
    """One window for each owner, and one for somebody who is not signed in."""
    opened = {
        name: open_window(chromium, product.url, owner, expected=(404, 422))
        for name, owner in world.owners.items()
    }
    yield opened
    for page in opened.values():
        page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_barrier_and_fits_desk_and_phone_in_light_and_dark(windows, world, name):
    who, path = PAGES[name]
    page = windows[who]

    page.goto(path.format_map(world.ids))

    assert page.get_by_role("heading", level=1).count() == 1
    for fold in page.locator("summary").all():
        fold.click()
    assert_sound_everywhere(page)
    assert set(page.evaluate(_DRAWN)) <= _SPRITE
    assert page.watch.faults == []


@pytest.mark.parametrize(
    ("who", "path", "button"),
    [("none", "/email-accounts/connect/smtp", "Test and connect"), (None, "/login", "Sign in")],
)
def test_form_with_errors_takes_the_focus_to_its_summary_and_has_no_barrier(
    open_page, world, who, path, button
):
    page = open_page(world.owners[who])
    page.goto(path)

    page.get_by_role("button", name=button).click()

    summary = page.get_by_role("alert").filter(has_text="There is a problem")
    expect(summary).to_be_focused()
    for link in summary.get_by_role("link").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    assert_sound_everywhere(page)
