"""A key file that does not fit the database: it is said at start, and nothing is changed."""

import pytest
import sqlalchemy as sa

from nimbus import create_app
from nimbus.database import ReadOnly, read_only_reason, transaction
from nimbus.extensions import db
from nimbus.models import InstanceFact, Workspace, WorkspaceKey
from nimbus.models.instance import KEY_CANARY
from nimbus.security.instance_keys import KeyFileProblem, load_instance_key, new_key_text, retired_path
from nimbus.security.workspace_keys import vault_of
from nimbus.services.instance_state import key_problem, place_state
from nimbus.services.sign_in import find_session, open_session
from tests.factories import make_email_account, make_workspace
from tests.migrations.rows import read_rows

WAYS = {
    "another": lambda path: path.write_bytes(new_key_text()),
    "missing": lambda path: path.unlink(),
    "garbage": lambda path: path.write_bytes(b"garbage"),
}


@pytest.fixture
def sealed(acme):
    """A workspace with a stored password."""
    make_email_account(acme)
    db.session.remove()
    return acme


@pytest.fixture
def restart(settings, sealed):
    """The application as it starts now, in a context of its own."""
    started = []

    def start(**changes):
        app = create_app(settings, **changes)
        started.append(app)
        return app.app_context()

    yield start
    for app in started:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def everything():
    with db.engine.connect() as connection:
        return read_rows(connection)


@pytest.mark.parametrize("way", WAYS)
def test_the_sentence_names_the_file_what_is_there_and_what_is_needed(restart, settings, way):
    needed = load_instance_key(settings.key_file).id
    WAYS[way](settings.key_file)
    there = {
        "another": lambda: (
            f"holds the key {load_instance_key(settings.key_file).id}, but this database needs"
        ),
        "missing": lambda: "cannot be read: No such file or directory. This database needs",
        "garbage": lambda: "does not hold a key. This database needs",
    }[way]()

    with restart():
        assert read_only_reason() == key_problem()
        assert key_problem().startswith(f"The key file {settings.key_file} {there} the key {needed}")
        assert "restart NimbusOS" in key_problem()
        assert not place_state().confirmed


@pytest.mark.claim("C20", partly=True)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_written_or_opened_and_no_key_is_made(restart, settings, sealed, way):
    before = everything()
    WAYS[way](settings.key_file)
    files = {path: path.read_bytes() for path in settings.key_file.parent.iterdir()}

    with restart():
        with pytest.raises(ReadOnly), transaction():
            pass
        for statement in (
            "UPDATE workspace SET name = 'x'",
            "DELETE FROM workspace",
            "CREATE TABLE t (a int)",
        ):
            with pytest.raises(sa.exc.DBAPIError, match=r"(?i)read-?only"), db.engine.begin() as connection:
                connection.execute(sa.text(statement))
        assert db.session.scalar(sa.select(Workspace.name)) == "Acme"
        with pytest.raises(KeyFileProblem):
            vault_of(db.session(), sealed)
    assert everything() == before
    assert {path: path.read_bytes() for path in settings.key_file.parent.iterdir()} == files


def test_with_the_right_file_back_a_restart_is_all_it_takes(restart, settings):
    right = settings.key_file.read_bytes()
    settings.key_file.unlink()
    with restart():
        assert key_problem()
        settings.key_file.write_bytes(right)
        with pytest.raises(ReadOnly), transaction():
            pass

    with restart():
        assert key_problem() is None
        make_workspace("Zenith")


def test_a_key_file_that_is_lost_while_the_product_runs_is_noticed_and_stops_nothing(
    context, sealed, settings
):
    settings.key_file.unlink()

    assert "cannot be read" in key_problem()
    make_workspace("Zenith")


def test_a_database_from_before_a_rotation_opens_with_the_retired_file(restart, settings):
    old = load_instance_key(settings.key_file).id
    settings.key_file.rename(retired_path(settings.key_file, old))
    settings.key_file.write_bytes(new_key_text())

    with restart():
        assert key_problem() is None
        make_workspace("Zenith")
        assert set(db.session.scalars(sa.select(WorkspaceKey.wrapped_by))) == {old}


def test_a_damaged_canary_is_told_from_a_wrong_key(restart, settings):
    key_id = load_instance_key(settings.key_file).id
    with db.engine.begin() as connection:
        damaged = (
            sa.update(InstanceFact).where(InstanceFact.name == KEY_CANARY).values(value=f"{key_id}:damaged")
        )
        connection.execute(damaged)

    with restart():
        assert (
            f"holds the right key, {key_id}, but what the database keeps to check it by is damaged"
            in key_problem()
        )


@pytest.fixture
def older(sealed):
    """The database as it was before keys had ids and before there was a canary."""
    with db.engine.begin() as connection:
        connection.execute(sa.delete(InstanceFact))
        connection.execute(sa.update(WorkspaceKey).values(wrapped_by=None))


def test_an_older_database_is_given_its_canary_and_goes_on_sending(restart, settings, older):
    with restart():
        assert key_problem() is None
        assert place_state().confirmed
        assert set(db.session.scalars(sa.select(WorkspaceKey.wrapped_by))) == {
            load_instance_key(settings.key_file).id
        }

    settings.key_file.write_bytes(new_key_text())
    with restart():
        assert "but this database needs the key " in key_problem()


def test_an_older_database_with_the_wrong_key_is_read_only_and_stays_as_it_is(restart, settings, older):
    before = everything()
    settings.key_file.write_bytes(new_key_text())

    with restart():
        assert "but this database needs the key it was made with." in key_problem()
    assert everything() == before


def test_where_nothing_is_sealed_a_missing_key_stops_the_start(context, settings):
    settings.key_file.unlink()

    with pytest.raises(KeyFileProblem, match=f"^The key file {settings.key_file} cannot be read"):
        create_app(settings)


def test_a_database_behind_this_version_is_not_to_be_migrated_with_the_wrong_key(restart, settings):
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0003'"))
    settings.key_file.write_bytes(new_key_text())

    with pytest.raises(KeyFileProblem, match="but this database needs"):
        restart()


def test_an_open_session_goes_on_reading_and_is_not_written_to(restart, settings, clock, ada):
    token = open_session(*ada, address="", browser="")
    clock.advance(hours=1)
    before = everything()
    settings.key_file.unlink()

    with restart(clock=clock):
        assert find_session(token).name == "Ada"
    assert everything() == before
