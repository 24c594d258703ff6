"""A key that is replaced while a mailbox is being connected: the test goes on, and what it saves has the new key."""

import pytest

from nimbus.models import EmailAccountHealth, WorkspaceKey
from nimbus.services.rotate_keys import rotate_now
from tests.connecting.reading import Reading
from tests.connecting.relay import Relay
from tests.rotating.fleet import damage, everything, keys_named, keys_of


@pytest.fixture
def rotate(app):
    """Replace the keys of all workspaces from the beginning to the end, as another process would."""

    def run():
        with app.app_context():
            assert all(outcome.is_finished for outcome in rotate_now())

    return run


@pytest.mark.claim("C19")
def test_account_connected_during_a_rotation_is_sealed_with_the_new_key(
    app, cast, connect, new_mailbox, mail_stack, rotate
):
    form, acme = new_mailbox(), cast.alice.workspace_id
    with app.app_context():
        [old] = keys_of(acme)

    with Relay(mail_stack, form["email"], before={"MESSAGE": rotate}) as relay:
        page = connect(**form, smtp_port=relay.port, smtp_security="none")

    assert "Linked to domain" in page, Reading(page)
    with app.app_context():
        [new] = keys_of(acme)
        assert new != old
        assert keys_named(acme) == {new}
        assert set(everything(acme).values()) == {form["smtp_password"]}


def test_message_sent_before_two_rotations_is_known_again_after_them(
    connect, clock, sweeps, last_test, read, new_mailbox, mail_stack, rotate
):
    form = new_mailbox()
    with Relay(mail_stack, form["email"], hold=True) as relay:
        connect(**form, smtp_port=relay.port, smtp_security="none")
        before = read(WorkspaceKey)
        rotate()
        rotate()
        relay.release()
    clock.advance(seconds=6)
    sweeps()

    assert {key.id for key in before}.isdisjoint(key.id for key in read(WorkspaceKey))
    assert last_test().state == "passed"
    assert [account.email for account in read(EmailAccountHealth)] == [form["email"]]


def test_damaged_password_is_replaced_by_typing_it_again(
    app, alice, connect, new_mailbox, read, run_jobs, rotate, typed, cast
):
    form = new_mailbox()
    connect(**form)
    with app.app_context():
        damage(cast.alice.workspace_id)
    url = f"/email-accounts/{read(EmailAccountHealth)[0].id}/reconnect"

    assert "type it" in alice.post(url, typed(**form | {"smtp_password": "", "imap_password": ""})).text
    assert alice.post(url, typed(**form)).status_code == 303
    run_jobs()

    rotate()
    with app.app_context():
        assert set(everything(cast.alice.workspace_id).values()) == {form["smtp_password"]}
