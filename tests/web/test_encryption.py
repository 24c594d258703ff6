"""Settings, Encryption: what it says of the keys, who may change something there, and how a rotation is watched."""

import pytest
import sqlalchemy as sa

from nimbus import queues
from nimbus.clock import SystemClock
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, KeyRotation, MailServer, Workspace, WorkspaceKey
from nimbus.queue_server import queue_url
from nimbus.services.rotate_keys import ask_for_rotation
from tests.factories import make_email_account
from tests.rotating.fleet import everything, fill, keys_named

PAGE = "/settings/encryption"


@pytest.fixture
def acme(app, cast):
    """Alice's workspace, with one inbox; its id."""
    with app.app_context():
        make_email_account(cast.alice.workspace_id)
    return cast.alice.workspace_id


@pytest.fixture
def under_way(app, acme):
    """A rotation that waits for its worker."""
    with app.app_context():
        ask_for_rotation(acme)
        db.session.remove()


def key_ids(read, workspace_id):
    return [key.id for key in read(WorkspaceKey) if key.workspace_id == workspace_id]


def test_page_names_the_key_what_it_seals_and_when_the_next_one_comes(alice, acme, read):
    page = alice.get(PAGE).text

    assert key_ids(read, acme)[0] in page
    assert "2 passwords" in page
    assert "every 90 days" in page
    assert "None yet" in page
    assert "opens nothing" in page


@pytest.mark.parametrize("person", ["adam", "bob", "vera"])
def test_nobody_but_an_owner_sees_the_page_or_a_way_to_it(browse, person):
    visitor = browse(person)

    assert visitor.get(PAGE).status_code == 403
    assert visitor.post(f"{PAGE}/rotate").status_code == 403
    assert visitor.post(f"{PAGE}/schedule", {"rotation_days": 7}).status_code == 403
    assert PAGE not in visitor.get("/settings/you").text


@pytest.mark.claim("C19")
def test_rotate_now_gives_every_password_the_new_key_and_says_so(app, alice, acme, read, run_jobs):
    [old] = key_ids(read, acme)
    with app.app_context():
        before = everything(acme)
    assert "2 stored passwords are sealed again" in alice.get(f"{PAGE}/rotate").text

    page = alice.post(f"{PAGE}/rotate", follow=True).text
    assert "0 of 2 passwords sealed again" in page
    run_jobs()
    page = alice.get(PAGE).text

    [new] = key_ids(read, acme)
    assert new != old
    assert old not in page
    assert "by Alice" in page
    assert "2 passwords sealed again with" in page
    with app.app_context():
        assert everything(acme) == before
        assert keys_named(acme) == {new}


def test_rotation_under_way_is_watched_until_it_ends(alice, under_way, run_jobs):
    assert 'hx-trigger="every 1s"' in alice.get(PAGE, htmx=True).text
    assert 'http-equiv="refresh"' in alice.get(PAGE).text

    run_jobs()

    assert "hx-trigger" not in alice.get(PAGE, htmx=True).text
    assert 'http-equiv="refresh"' not in alice.get(PAGE).text


def test_page_and_fragment_show_the_same(alice, under_way):
    page, fragment = alice.get(PAGE).text, alice.get(PAGE, htmx=True).text

    assert fragment.strip() in page


def test_second_asking_goes_on_with_the_first(alice, acme, under_way, read):
    assert "Go on with the rotation?" in alice.get(f"{PAGE}/rotate").text

    page = alice.post(f"{PAGE}/rotate", follow=True).text

    assert "under way already" in page
    assert len(read(KeyRotation)) == 1
    assert len(key_ids(read, acme)) == 2


def test_rotation_without_a_worker_says_so_and_how_to_start_one(app, alice, under_way, clock):
    assert "Waiting for a background worker" not in alice.get(PAGE).text

    clock.advance(seconds=6)
    assert "make worker" in alice.get(PAGE).text

    seen = queues.WorkerSeen("w", (queues.MAINTENANCE,), "idle", SystemClock().now())
    queues.beat(queues.connect(queue_url(app.extensions["nimbus.settings"])), seen)
    assert "make worker" not in alice.get(PAGE).text


def test_damaged_password_is_named_with_what_to_do(app, alice, acme, under_way, run_jobs):
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(MailServer).where(MailServer.leg == "imap").values(sealed_password="damaged")
        )

    run_jobs()
    page = alice.get(PAGE).text

    assert "The stored password of ava@acme.test does not open. Connect this account again." in page
    assert "1 of 2 passwords sealed again" in page
    assert 'hx-trigger="every 10s"' in page
    assert "Older key" in page


def test_schedule_is_changed_and_written_to_the_audit_log(app, alice, acme, read):
    assert 'value="90"' in alice.get(f"{PAGE}/schedule").text

    page = alice.post(f"{PAGE}/schedule", {"rotation_days": " 30 "}, follow=True).text

    assert "every 30 days" in page
    changed = [event for event in read(AuditEvent) if event.action == "rotation_schedule_changed"]
    assert [(event.actor, event.details) for event in changed] == [("Alice", {"days_before": 90, "days": 30})]


@pytest.mark.parametrize("typed", ["", "0", "3651", "-1", "1.5", "soon", "9" * 20, "٣٠"])
def test_days_that_cannot_be_are_refused_beside_the_field(alice, acme, read, typed):
    answer = alice.post(f"{PAGE}/schedule", {"rotation_days": typed})

    assert answer.status_code == 422
    assert "Enter a whole number from 1 to 3,650." in answer.text
    assert {workspace.rotation_days for workspace in read(Workspace)} == {90}


@pytest.mark.parametrize("path", ["rotate", "schedule"])
def test_password_is_asked_for_again_after_half_an_hour(alice, acme, clock, read, path):
    clock.advance(minutes=31)

    for answer in (alice.get(f"{PAGE}/{path}"), alice.post(f"{PAGE}/{path}", {"rotation_days": 7})):
        assert answer.status_code == 303
        assert answer.location.startswith("/confirm")
    assert read(KeyRotation) == []
    assert alice.get(PAGE).status_code == 200


def test_another_workspaces_keys_stay_as_they_are(app, alice, cast, acme, read, run_jobs):
    zenith = cast.charlie
    with app.app_context():
        before = fill(zenith.workspace_id, zenith.user_id, 1)
    [key] = key_ids(read, zenith.workspace_id)

    alice.post(f"{PAGE}/rotate")
    alice.post(f"{PAGE}/schedule", {"rotation_days": 7})
    run_jobs()

    assert key_ids(read, zenith.workspace_id) == [key]
    assert {row.id: row.rotation_days for row in read(Workspace)}[zenith.workspace_id] == 90
    with app.app_context():
        assert everything(zenith.workspace_id) == before
        assert keys_named(zenith.workspace_id) == {key}
    assert key not in alice.get(PAGE).text
