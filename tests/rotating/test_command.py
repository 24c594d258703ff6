"""`flask rotate-keys`: all workspaces or one, done when it returns, with an exit code that scripts can read."""

import pytest

from tests.factories import make_workspace
from tests.rotating.fleet import damage, everything, keys_of


@pytest.fixture
def rotate_keys(app):
    """Run the command; gives its exit code and what it printed."""

    def run(*arguments):
        result = app.test_cli_runner().invoke(args=["rotate-keys", *arguments])
        return result.exit_code, result.output

    return run


def test_every_workspace_gets_a_new_key(acme, secrets, rotate_keys):
    zenith = make_workspace("Zenith")
    before = keys_of(acme) + keys_of(zenith)

    code, said = rotate_keys()

    [of_acme], [of_zenith] = keys_of(acme), keys_of(zenith)
    assert not {of_acme, of_zenith} & set(before)
    assert (code, said.splitlines()) == (
        0,
        [
            f"Acme: key {of_acme}; passwords sealed again: 337; older keys destroyed: 1.",
            f"Zenith: key {of_zenith}; passwords sealed again: 0; older keys destroyed: 1.",
        ],
    )
    assert everything(acme) == secrets


def test_only_the_named_workspace_is_rotated(acme, rotate_keys):
    zenith = make_workspace("Zenith")
    before = keys_of(acme)

    assert rotate_keys("--workspace", "Zenith")[0] == 0

    assert keys_of(acme) == before
    assert rotate_keys("--workspace", "Nobody") == (1, "Error: There is no workspace called Nobody.\n")
    assert len(keys_of(zenith)) == 1


def test_what_does_not_open_is_said_and_the_exit_code_tells(acme, secrets, rotate_keys):
    damage(acme, account_id=1)

    code, said = rotate_keys()

    assert code == 1
    assert said.startswith("Acme: The stored password of person1@acme.test does not open.")
    assert len(keys_of(acme)) == 2
