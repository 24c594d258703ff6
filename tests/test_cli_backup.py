"""`flask backup` and `flask restore`, as an operator types them."""

import os
import subprocess
import sys
from dataclasses import replace

import flask_migrate
import pytest

from nimbus.extensions import db
from nimbus.security.instance_keys import load_instance_key
from nimbus.services.backup_file import is_encrypted
from nimbus.settings_kinds import CHECKOUT
from tests.factories import make_email_account, make_person, make_workspace
from tests.run.waiting import eventually
from tests.services.restoring import Installation, assert_whole

PASSPHRASE = "a long enough passphrase"


@pytest.fixture
def run(app):
    """Run a command of ours in this process; gives its result."""

    def invoke(*arguments, typed=None):
        return app.test_cli_runner().invoke(args=[str(each) for each in arguments], input=typed)

    return invoke


@pytest.fixture
def in_use(app):
    """An installation with an account."""
    with app.app_context():
        workspace_id = make_workspace("Acme")
        make_person(workspace_id, "Ada")
        make_email_account(workspace_id)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "nimbus.backup"


@pytest.fixture
def environ_of_shell(settings):
    """What a shell would have set."""
    return os.environ | {
        "NIMBUS_DATA_DIR": str(settings.data_dir),
        "NIMBUS_KEY_FILE": str(settings.key_file),
        "REDIS_URL": settings.redis_url,
    }


@pytest.fixture
def shell(environ_of_shell):
    """Run the flask command as a shell would, where this test says."""

    def call(*arguments, typed="", **changes):
        return subprocess.run(
            [sys.executable, "-m", "flask", *map(str, arguments)],
            cwd=CHECKOUT,
            env=environ_of_shell | changes,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return call


def test_a_backup_says_what_it_holds_and_which_key_file_must_be_kept_apart(run, in_use, settings, path):
    result = run("backup", path)

    assert result.exit_code == 0
    first, second, third, last = result.output.splitlines()
    assert first.startswith(f"{path}: 1 workspace as of 20")
    assert first.endswith(" UTC, not encrypted.")
    assert second.startswith(
        "The instance key is not in it, and without it nobody can read the stored passwords"
    )
    key_id = load_instance_key(settings.key_file).id
    assert third == f"This backup needs the key {key_id}: {settings.key_file}"
    assert last == "Keep a copy of the key file, and keep it apart from the backup."


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nignored\n"])
def test_the_passphrase_is_one_line_of_standard_input(run, in_use, path, ending):
    result = run("backup", path, "--passphrase", typed=PASSPHRASE + ending)

    assert result.exit_code == 0
    assert "encrypted under the passphrase" in result.output
    assert PASSPHRASE not in result.output
    assert is_encrypted(path)


def test_the_passphrase_can_come_from_a_file(run, in_use, path, tmp_path):
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n", encoding="utf-8")

    assert run("backup", path, "--passphrase-file", file).exit_code == 0
    assert is_encrypted(path)
    assert "holds data already" in run("restore", path, "--passphrase-file", file).output


@pytest.mark.parametrize(
    ("arguments", "typed", "sentence"),
    [
        (["--passphrase"], "short\n", "The passphrase needs at least 12 characters."),
        (["--passphrase-file", "nowhere"], "", "File 'nowhere' does not exist."),
    ],
)
def test_a_passphrase_that_cannot_be_used_leaves_no_file(run, in_use, path, arguments, typed, sentence):
    result = run("backup", path, *arguments, typed=typed)

    assert result.exit_code != 0
    assert sentence in result.output
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"something else"])
def test_a_refusal_is_one_sentence_and_a_failure(run, path, content):
    path.write_bytes(content)

    result = run("restore", path)
    assert result.exit_code == 1
    assert result.output == f"Error: {path} is not a backup that this version of NimbusOS reads.\n"


def test_it_moves_to_a_machine_where_nothing_is_yet(shell, settings, in_use, path, tmp_path):
    assert shell("backup", path, "--passphrase", typed=PASSPHRASE).returncode == 0
    data = tmp_path / "new machine" / "data"
    here = {"NIMBUS_DATA_DIR": str(data)}

    wrong = shell("restore", path, typed="something else", **here)
    assert (wrong.returncode, wrong.stderr) == (
        1,
        "Error: This is not the passphrase that the backup was made with.\n",
    )
    done = shell("restore", path, typed=PASSPHRASE, **here)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Restored 1 workspace, 10 rows, as of 20")
    assert "flask confirm-live" in done.stdout
    there = replace(settings, data_dir=data, database_url=f"sqlite:///{data / 'nimbus.sqlite3'}")
    with Installation(there).started():
        assert_whole()


def test_a_database_behind_the_head_can_be_saved_before_it_is_migrated(shell, app, in_use, path):
    with app.app_context():
        flask_migrate.downgrade(revision="-1")
        db.engine.dispose()

    assert "Make a backup, then run: flask db upgrade" in shell("config").stderr
    saved = shell("backup", path)
    assert (saved.returncode, saved.stderr) == (0, "")
    restored = shell("restore", path, "--replace")

    assert (restored.returncode, restored.stderr) == (0, "")
    assert "The database that was here is kept as " in restored.stdout
    assert shell("config").returncode == 0


def test_a_damaged_database_does_not_keep_a_backup_from_coming_back(shell, settings, in_use, path):
    assert shell("backup", path).returncode == 0
    (settings.data_dir / "nimbus.sqlite3").write_bytes(b"damaged" * 1000)

    assert "holds data already" in shell("restore", path).stderr
    done = shell("restore", path, "--replace")
    assert (done.returncode, done.stderr) == (0, "")
    with Installation(settings).started():
        assert_whole()


def test_with_the_wrong_key_file_a_backup_can_still_be_made(shell, settings, in_use, path):
    right = settings.key_file.read_bytes()
    settings.key_file.write_bytes(b"d3JvbmcgYnV0IGEga2V5IG9mIHRoZSByaWdodCBsZW4=\n")

    made = shell("backup", path)

    assert made.returncode == 0
    assert "a file that is not on this machine" in made.stdout
    assert right.decode().strip() not in made.stdout


def test_a_restore_that_is_killed_leaves_the_database_and_the_next_one_succeeds(
    shell, environ_of_shell, settings, in_use, path
):
    assert shell("backup", path).returncode == 0
    database = settings.data_dir / "nimbus.sqlite3"
    command = [sys.executable, "-m", "flask", "restore", str(path), "--replace"]
    half = database.with_name(".nimbus.sqlite3.restoring")
    with subprocess.Popen(command, cwd=CHECKOUT, env=environ_of_shell) as restoring:
        eventually(lambda: half.exists() and half.stat().st_size)
        restoring.kill()

    assert half.exists()
    with Installation(settings).started():
        assert_whole()
    assert shell("restore", path, "--replace").returncode == 0
    assert not half.exists()
    with Installation(settings).started():
        assert_whole()
