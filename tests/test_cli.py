"""What an operator types."""

import os
import subprocess
import sys

import flask_migrate
import pytest

from nimbus.extensions import db
from nimbus.models import Membership, User, Workspace
from nimbus.services.set_up import set_up
from nimbus.services.sign_in import sign_in
from nimbus.settings_kinds import CHECKOUT

PASSWORD = "a long enough password"
ADA = ["--workspace", "Acme", "--email", "ada@acme.test", "--name", "Ada"]


@pytest.fixture
def run(app):
    """Run a command of ours in this process; gives its result."""

    def invoke(*arguments, typed=None):
        return app.test_cli_runner().invoke(args=list(arguments), input=typed)

    return invoke


@pytest.fixture
def shell(settings):
    """Run the flask command as a shell would, on the settings of this test."""
    environ = os.environ | {
        "NIMBUS_DATA_DIR": str(settings.data_dir),
        "NIMBUS_KEY_FILE": str(settings.key_file),
        "NIMBUS_SECRET_KEY": settings.secret_key,
        "REDIS_URL": settings.redis_url,
        "FLASK_APP": "app.py",
    }

    def call(*arguments):
        command = [sys.executable, "-m", "flask", *arguments]
        return subprocess.run(
            command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False, timeout=60
        )

    return call


def create(run, *changes, typed=PASSWORD + "\n"):
    return run("create-user", *ADA, *changes, typed=typed)


def test_a_person_made_by_command_can_sign_in(run, read, app):
    result = create(run, "--timezone", "Asia/Kolkata")

    assert (result.exit_code, result.output) == (0, "ada@acme.test can sign in to Acme.\n")
    assert [(workspace.name, workspace.timezone) for workspace in read(Workspace)] == [
        ("Acme", "Asia/Kolkata")
    ]
    with app.app_context():
        assert sign_in("ada@acme.test", PASSWORD, address="", browser="")


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nignored\n"])
def test_the_password_is_one_line_of_standard_input(run, app, ending):
    create(run, typed="  blanks count  " + ending)

    with app.app_context():
        assert sign_in("ada@acme.test", "  blanks count  ", address="", browser="")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Use at least 8 characters; 15 are better."),
        ("short\n", "Use at least 8 characters; 15 are better."),
        ("x" * 1_025, "Use at most 1,024 characters."),
        (
            "Sunshine\n",
            "This is one of the 3,000 passwords most in use, which are tried first. Choose another.",
        ),
        ("Ada@acme.test\n", "Your name, address or workspace would be tried first. Choose another password."),
    ],
)
def test_a_password_that_would_be_guessed_is_refused_with_the_reason(run, read, typed, sentence):
    result = create(run, typed=typed)

    assert result.exit_code == 1
    assert result.output == f"Error: {sentence}\n"
    assert read(User) == []


def test_a_member_is_not_added_twice(run, read):
    create(run)
    result = create(run, "--email", "ADA@acme.test")

    assert result.exit_code == 1
    assert result.output == "Error: ada@acme.test is a member of Acme already.\n"
    assert len(read(User)) == 1


def test_somebody_with_an_account_is_added_to_another_workspace_without_a_password(run, read):
    create(run)
    result = run("create-user", "--workspace", "Zenith", "--email", "ada@acme.test")

    assert (result.exit_code, result.output) == (0, "ada@acme.test can sign in to Zenith.\n")
    assert [(member.workspace_id, member.role) for member in read(Membership)] == [(1, "owner"), (2, "owner")]


def test_the_role_is_one_of_ours_and_the_first_person_must_own(run, read):
    assert create(run, "--role", "emperor").exit_code == 2
    refused = create(run, "--role", "viewer")
    assert refused.output == "Error: There is no workspace Acme yet, and its first person must own it.\n"

    create(run)
    create(run, "--email", "bob@acme.test", "--role", "viewer")
    assert [member.role for member in read(Membership)] == ["owner", "viewer"]


def test_a_new_person_needs_a_name(run, read):
    result = run("create-user", "--workspace", "Acme", "--email", "ada@acme.test", typed=PASSWORD)

    assert (result.exit_code, result.output) == (1, "Error: A new person needs a --name.\n")
    assert read(User) == []


def test_what_is_no_address_is_refused(run, read):
    result = create(run, "--email", "ada")

    assert (result.exit_code, result.output) == (1, "Error: The email is not an address.\n")
    assert read(User) == []


def test_an_unknown_time_zone_is_refused(run, read):
    assert create(run, "--timezone", "Mars/Olympus").exit_code == 2
    assert read(User) == []


def test_a_fresh_set_up_code_sets_up(run, app):
    code = run("setup-code").output.strip()

    with app.app_context():
        set_up(code=code, workspace="W", name="N", email="n@w.test", password=PASSWORD, timezone="UTC")


def test_there_is_no_set_up_code_once_somebody_can_sign_in(run):
    create(run)
    result = run("setup-code")

    assert result.exit_code == 1
    assert "flask create-user" in result.output


def test_config_prints_every_setting_with_its_source_and_no_secret(run, settings):
    output = run("config").output

    assert f"NIMBUS_DATA_DIR={settings.data_dir}  (environment)\n" in output
    assert "NIMBUS_BIND=127.0.0.1:8000  (default)\n" in output
    assert "NIMBUS_SECRET_KEY=set  (environment)\n" in output
    assert settings.secret_key not in output
    assert settings.key_file.read_text().strip() not in output


def test_behind_the_head_commands_stop_with_a_sentence_and_the_one_it_names_repairs_it(app, shell):
    with app.app_context():
        flask_migrate.downgrade(revision="-1")
        db.engine.dispose()

    refused = shell("config")
    assert refused.returncode == 1
    last = refused.stderr.strip().splitlines()[-1]
    assert last.endswith("Make a backup, then run: flask db upgrade")

    assert shell(*last.rpartition("flask ")[2].split()).returncode == 0
    assert shell("config").returncode == 0
