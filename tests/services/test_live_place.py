"""A copy of the database, wherever it is, sends nothing until a person confirms it."""

import json
import shutil
from dataclasses import replace

import pytest
import sqlalchemy as sa

from nimbus import create_app, queues
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, ConnectionTest, InstanceFact, User
from nimbus.models.instance import LIVE_AT
from nimbus.queue_server import queue_url
from nimbus.rules.connection_test import Purpose
from nimbus.rules.roles import Role
from nimbus.services import verify_connection
from nimbus.services.asker import Asker
from nimbus.services.connect_account import start_test, wait_longer
from nimbus.services.live_place import (
    SendsNothing,
    confirm_here,
    forget_places,
    live_places,
    place_state,
    refuse_copies,
)
from nimbus.services.set_up import create_user, new_setup_code, set_up
from nimbus.settings import current_settings
from tests.factories import mail_settings, make_connection_test, make_workspace, reload

PASSWORD = "a long enough password"


@pytest.fixture
def elsewhere(settings, ada, tmp_path):
    """The same installation on a copy of its data directory; gives its context."""
    db.session.remove()
    shutil.copytree(settings.data_dir, tmp_path / "copy")
    changes = {"data_dir": tmp_path / "copy"}
    if settings.database_url.startswith("sqlite"):
        changes["database_url"] = settings.database_url.replace("/data/", "/copy/")
    app = create_app(replace(settings, **changes))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def asker(ada):
    return Asker(*ada, "Ada", Role.OWNER, address="192.0.2.1")


def test_where_it_is_set_up_is_its_first_live_place(context, settings):
    assert place_state().sentence.startswith("Nobody has set it up yet.")

    set_up(
        code=new_setup_code(),
        workspace="Acme",
        name="Ada",
        email="a@x.test",
        password=PASSWORD,
        timezone="UTC",
    )

    assert place_state().confirmed
    [place] = live_places()
    assert (place.directory, place.by) == (str(settings.data_dir.resolve()), "Ada")


def test_the_first_person_made_by_command_confirms_it_too_and_later_ones_do_not(context):
    create_user(workspace="Acme", name="Ada", email="a@x.test", password=PASSWORD)
    assert place_state().confirmed
    with transaction() as session:
        forget_places(session)

    create_user(workspace="Acme", name="Bo", email="b@x.test", password=PASSWORD)
    assert live_places() == []


def test_the_identity_of_a_place_is_for_its_owner_alone(context, settings, acme):
    path = settings.data_dir / "instance.id"

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().strip() not in "".join(db.session.scalars(sa.select(InstanceFact.value)))


def test_a_copy_knows_that_it_is_one_and_says_where_the_live_one_is(elsewhere, settings):
    state = place_state()

    assert not state.confirmed
    assert state.sentence.startswith("This is a copy: the live one is on ")
    assert f", in {settings.data_dir}. It sends nothing until" in state.sentence
    with pytest.raises(SendsNothing):
        refuse_copies()


@pytest.mark.parametrize("changed", ["id", "directory", "machine"])
def test_each_part_of_a_place_counts(context, settings, ada, tmp_path, monkeypatch, changed):
    if changed == "id":
        (settings.data_dir / "instance.id").write_text("another")
    elif changed == "directory":
        settings.data_dir.rename(tmp_path / "moved")
        settings.data_dir.symlink_to(tmp_path / "moved")
    else:
        machine = tmp_path / "machine-id"
        machine.write_text("another")
        monkeypatch.setattr("nimbus.services.live_place._MACHINE_ID", machine)
    db.session.rollback()

    told = {"directory": f"in {settings.data_dir}. It sends nothing"}.get(
        changed, "its machine, its instance.id or"
    )
    assert not place_state().confirmed
    assert told in place_state().sentence


def test_a_restored_database_sends_nothing_even_in_its_old_place(ada, settings):
    with transaction() as session:
        forget_places(session)

    with create_app(settings).app_context():
        assert place_state().sentence.startswith(
            "This database was restored from a backup. It sends nothing until"
        )
        db.session.remove()
        db.engine.dispose()


def test_a_test_is_refused_before_anything_is_stored_or_rung_for(elsewhere, asker):
    before = waiting()
    with pytest.raises(SendsNothing):
        start_test(asker, mail_settings(), {"smtp": "x", "imap": "x"}, purpose=Purpose.CONNECT)
    with pytest.raises(SendsNothing):
        wait_longer(asker, 1)

    assert db.session.scalars(sa.select(ConnectionTest)).all() == []
    assert waiting() == before


def waiting():
    return sorted(queues.connect(queue_url(current_settings())).keys("rq:job:*"))


def test_a_job_leaves_its_row_exactly_as_it_was(elsewhere, ada):
    test_id = make_connection_test(*ada)
    before = {column.name: getattr(reload(ConnectionTest, test_id), column.name) for column in COLUMNS}

    verify_connection.run(ada[0], test_id)

    after = reload(ConnectionTest, test_id)
    assert {column.name: getattr(after, column.name) for column in COLUMNS} == before
    assert before["state"] == "queued"


COLUMNS = ConnectionTest.__table__.columns


def test_once_a_person_confirms_it_the_copy_sends_and_the_log_says_who(elsewhere, asker):
    make_workspace("Zenith")

    confirm_here(asker)

    assert place_state().confirmed
    refuse_copies()
    lines = db.session.execute(
        sa.select(AuditEvent.workspace_id, AuditEvent.actor).where(AuditEvent.action == "place_confirmed")
    ).all()
    assert sorted(map(tuple, lines)) == [(asker.workspace_id, "Ada"), (asker.workspace_id + 1, None)]
    assert [place.by for place in live_places()] == ["tests", "Ada"]


def test_several_places_may_be_live_and_confirming_twice_is_once(context, settings, ada, tmp_path):
    confirm_here()
    confirm_here()
    (tmp_path / "second").mkdir()

    with create_app(replace(settings, data_dir=tmp_path / "second")).app_context():
        confirm_here()
        assert len(live_places()) == 2
        db.session.remove()
        db.engine.dispose()
    assert place_state().confirmed


def test_a_confirmed_place_is_remembered_without_another_query(ada, app):
    assert place_state().confirmed
    asked = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    assert place_state().confirmed
    assert asked == []


def test_the_facts_hold_neither_password_nor_address_of_the_database(ada, settings):
    facts = db.session.execute(sa.select(InstanceFact.name, InstanceFact.value)).all()
    [(name, value)] = [fact for fact in facts if fact.name.startswith(LIVE_AT)]

    assert len(name) == len(LIVE_AT) + 64
    assert set(json.loads(value)) == {"host", "directory", "since", "by"}


@pytest.mark.parametrize("both_databases", ["postgres"], indirect=True)
def test_another_password_of_the_database_is_the_same_place(ada, settings):
    changed = sa.make_url(settings.database_url).set(password="new").render_as_string(hide_password=False)

    with create_app(replace(settings, database_url=changed)).app_context():
        assert place_state().confirmed
        db.session.remove()
        db.engine.dispose()


def test_a_data_directory_that_cannot_be_used_is_named(elsewhere, settings):
    identity = settings.data_dir.parent / "copy" / "instance.id"
    identity.unlink()
    identity.mkdir()

    assert place_state().sentence == f"{identity} cannot be used: Is a directory."


def test_people_count_and_not_an_empty_database(context):
    make_workspace("Acme")
    with transaction() as session:
        forget_places(session)
        assert session.scalar(sa.select(sa.func.count(User.id))) == 0

    assert place_state().sentence.startswith("Nobody has set it up yet.")
