"""What an operator types about the instance key and the live place."""

import pytest

from nimbus.database import transaction
from nimbus.security.instance_keys import load_instance_key, retired_path, retired_paths
from nimbus.security.workspace_keys import vault_of
from nimbus.services.live_place import forget_places, live_places, place_state
from tests.factories import make_person, make_workspace

ROTATE = ("rotate-keys", "--instance")


@pytest.fixture
def workspace_id(app):
    with app.app_context():
        workspace_id = make_workspace()
        make_person(workspace_id, "Ada")
        return workspace_id


@pytest.fixture
def run(app, workspace_id):
    """Run a command of ours in this process; gives its result."""
    return lambda *arguments, typed=None: app.test_cli_runner().invoke(args=list(arguments), input=typed)


def test_a_new_instance_key_is_made_and_both_files_are_named(run, settings, app, workspace_id):
    old = load_instance_key(settings.key_file).id

    result = run(*ROTATE)

    assert result.exit_code == 0
    new = load_instance_key(settings.key_file).id
    assert f"The instance key is now {new}, in {settings.key_file}. Back it up" in result.output
    assert f"  {retired_path(settings.key_file, old)}\n" in result.output
    with app.app_context(), transaction() as session:
        assert vault_of(session, workspace_id)


def test_a_retired_key_is_destroyed_only_after_saying_what_that_ends(run, settings):
    run(*ROTATE)
    [retired] = retired_paths(settings.key_file)

    declined = run(*ROTATE, "--retire", typed="n\n")
    assert f"can never be opened again without it:\n  {retired}\n" in declined.output
    assert declined.exit_code == 1
    assert retired.exists()

    assert run(*ROTATE, "--retire", typed="").exit_code == 1
    assert retired.exists()
    agreed = run(*ROTATE, "--retire", typed="y\n")
    assert agreed.output.endswith(f"Destroyed {retired.name}.\n")
    assert not retired.exists()
    assert run(*ROTATE, "--retire", "--yes").output == "No instance key is retired and unused.\n"


def test_a_script_destroys_it_without_being_asked(run, settings):
    run(*ROTATE)

    assert run(*ROTATE, "--retire", "--yes").exit_code == 0
    assert retired_paths(settings.key_file) == []


@pytest.mark.parametrize(
    "options", [["--retire"], ["--yes"], ["--instance", "--workspace", "Acme"], ["--instance", "--yes"]]
)
def test_options_that_do_not_belong_together_are_refused(run, settings, options):
    before = settings.key_file.read_bytes()

    assert run("rotate-keys", *options).exit_code == 2
    assert settings.key_file.read_bytes() == before


def test_a_key_directory_that_cannot_be_written_is_said(run, settings):
    settings.key_file.with_name("instance.key.next.partial").mkdir()
    before = settings.key_file.read_bytes()

    result = run(*ROTATE)

    assert result.exit_code == 1
    assert (
        result.output
        == f"Error: The new key cannot be written to {settings.key_file}.next: Is a directory.\n"
    )
    assert settings.key_file.read_bytes() == before


def test_a_copy_is_confirmed_at_the_terminal(run, app, settings):
    with app.app_context(), transaction() as session:
        forget_places(session)

    result = run("confirm-live")

    assert result.exit_code == 0
    assert result.output.endswith(f", in {settings.data_dir}, is live and may send.\n")
    with app.app_context():
        assert place_state().confirmed
        assert [place.by for place in live_places()] == ["the terminal"]
