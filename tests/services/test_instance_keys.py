"""Replacing the instance key: at every instant everything opens, however the rotation ends."""

import itertools
import os
import signal
import sys

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, MailServer, WorkspaceKey
from nimbus.security import private_files
from nimbus.security.instance_keys import (
    KeyFileProblem,
    KeyRing,
    load_instance_key,
    new_key_text,
    next_path,
    retired_path,
    retired_paths,
)
from nimbus.security.workspace_keys import vault_of
from nimbus.services import instance_keys as service
from nimbus.services.instance_keys import (
    destroy_retired,
    finish_rotation,
    retired_files,
    rotate_instance_key,
)
from nimbus.services.instance_state import key_problem
from tests.factories import PASSWORD, make_email_account, make_workspace

# Where its effects are; between two of these lines the database has committed, or not.
STEPS = {service.__file__, private_files.__file__}


@pytest.fixture
def key_file(settings, acme):
    """The key file of a database with stored passwords in two workspaces."""
    for number, workspace_id in enumerate((acme, make_workspace("Zenith"))):
        make_email_account(workspace_id, f"ava@{number}.test")
    return settings.key_file


@pytest.fixture
def opens(app, key_file):
    """Whether every stored password opens, for a process that runs since before and for one that starts now."""
    running = KeyRing(key_file)

    def look():
        for ring in (running, KeyRing(key_file)):
            app.extensions["nimbus.key_ring"] = ring
            assert set(open_all()) == {PASSWORD}
        return key_problem() is None

    return look


def open_all():
    db.session.rollback()
    db.session.expunge_all()
    return [
        vault_of(db.session(), server.workspace_id).open(
            server.sealed_password, owner=server.vault_owner, field="password"
        )
        for server in db.session.scalars(sa.select(MailServer))
    ]


def wrapped_by():
    db.session.rollback()
    return set(db.session.scalars(sa.select(WorkspaceKey.wrapped_by)))


def test_everything_is_wrapped_with_the_new_key_and_still_opens(key_file, opens):
    old = load_instance_key(key_file).id
    assert wrapped_by() == {old}

    new = rotate_instance_key()

    assert load_instance_key(key_file).id == new != old
    assert wrapped_by() == {new}
    assert opens()
    assert not next_path(key_file).exists()
    assert load_instance_key(retired_path(key_file, old)).id == old
    assert {path.stat().st_mode & 0o777 for path in (key_file, retired_path(key_file, old))} == {0o600}


def test_every_workspace_reads_in_its_log_which_key_replaced_which(key_file):
    old, new = load_instance_key(key_file).id, rotate_instance_key()

    lines = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "instance_key_rotated")).all()
    assert [(line.actor, line.object_id, line.details) for line in lines] == [
        (None, new, {"replaced": old})
    ] * 2


def test_a_workspace_that_is_made_afterwards_is_wrapped_with_the_new_key(key_file, opens):
    new = rotate_instance_key()

    make_email_account(make_workspace("Third"), "ava@third.test")

    assert wrapped_by() == {new}
    assert opens()


def killed_at(step, action):
    """Run something in a process that is killed at its n-th line of the product's steps; False when it ended before."""
    db.session.remove()
    db.engine.dispose()  # a connection is not for two processes
    pid = os.fork()
    if pid == 0:
        left = itertools.count(step, -1)

        def follow(frame, event, _):
            if frame.f_code.co_filename not in STEPS:
                return None
            if event == "line" and next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return follow

        sys.settrace(follow)
        action()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


@pytest.mark.claim("C19", partly=True)
def test_killed_at_any_line_it_loses_nothing_and_the_next_attempt_finishes_it(key_file, opens):
    for step in itertools.count(1):
        if not killed_at(step, rotate_instance_key):
            break
        assert opens(), step
        new = rotate_instance_key()
        assert opens(), step
        assert load_instance_key(key_file).id == new
        assert wrapped_by() == {new}
        assert not next_path(key_file).exists()
        destroy_retired()
    assert step > 50
    assert set(key_file.parent.iterdir()) == {key_file, *retired_paths(key_file)}


def test_files_that_a_killed_rotation_left_unmoved_are_moved_at_the_next_start(key_file, opens):
    old = key_file.read_bytes()
    new = rotate_instance_key()
    key_file.replace(next_path(key_file))
    key_file.write_bytes(old)
    assert opens()

    finish_rotation()

    assert load_instance_key(key_file).id == new
    assert opens()


def test_a_next_key_that_the_database_does_not_name_is_left_alone_at_a_start(key_file, opens):
    private_files.put(next_path(key_file), new_key_text())
    before, following = load_instance_key(key_file).id, load_instance_key(next_path(key_file)).id

    finish_rotation()
    assert load_instance_key(key_file).id == before
    assert opens()

    assert rotate_instance_key() == following


def test_two_rotations_at_once_come_one_after_the_other(key_file, opens, at_once):
    before = load_instance_key(key_file).id

    outcomes = at_once(lambda _: rotate_instance_key(), 2)

    assert len(set(outcomes)) == 2
    assert wrapped_by() == {load_instance_key(key_file).id} <= set(outcomes)
    assert opens()
    between = set(outcomes) - wrapped_by()
    assert {retired_path(key_file, key) for key in {before, *between}} == set(retired_paths(key_file))


def test_workspaces_made_while_it_runs_open_and_none_keeps_an_old_key(key_file, opens, at_once):
    def act(number):
        if number == 0:
            return [rotate_instance_key() for _ in range(5)]
        return [make_email_account(make_workspace(f"W{number}-{n}"), "ava@acme.test") for n in range(5)]

    outcomes = at_once(act, 3)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert wrapped_by() == {load_instance_key(key_file).id}
    destroy_retired()
    assert opens()


def test_a_key_of_a_workspace_that_does_not_open_stops_it_before_anything_changes(key_file, acme, opens):
    with transaction() as session:
        damaged = session.scalars(sa.select(WorkspaceKey).where(WorkspaceKey.workspace_id != acme)).one()
        whole, damaged.wrapped = damaged.wrapped, "gAAAA damaged"
    before = key_file.read_bytes(), wrapped_by()

    with pytest.raises(KeyFileProblem):
        rotate_instance_key()

    assert (key_file.read_bytes(), wrapped_by()) == before
    with transaction() as session:
        session.execute(
            sa.update(WorkspaceKey).where(WorkspaceKey.workspace_id != acme).values(wrapped=whole)
        )
    rotate_instance_key()
    assert opens()


def test_only_keys_that_nothing_is_wrapped_with_are_destroyed(key_file, acme):
    first = load_instance_key(key_file)
    with transaction() as session:
        row = session.scalars(sa.select(WorkspaceKey).where(WorkspaceKey.workspace_id == acme)).one()
        kept = row.wrapped
    second = load_instance_key_after(rotate_instance_key, key_file)
    rotate_instance_key()
    with transaction() as session:  # as a row that was written with the first key a moment before
        session.execute(
            sa.update(WorkspaceKey)
            .where(WorkspaceKey.workspace_id == acme)
            .values(wrapped=kept, wrapped_by=first.id)
        )

    assert retired_files() == destroy_retired() == [retired_path(key_file, second.id)]
    assert retired_paths(key_file) == [retired_path(key_file, first.id)]
    rotate_instance_key()
    assert retired_path(key_file, first.id) in destroy_retired()


def load_instance_key_after(action, path):
    action()
    return load_instance_key(path)
