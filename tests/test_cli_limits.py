"""`flask set-limit`: the owner of the installation says how many inboxes a workspace may have."""

import pytest

from nimbus.models import AuditEvent, Workspace
from tests.factories import make_email_account


@pytest.fixture
def run(app, cast):
    """Run the command on the workspaces of the cast; gives its result."""
    return lambda *arguments: app.test_cli_runner().invoke(args=["set-limit", *arguments])


@pytest.mark.claim("C65", partly=True)
def test_a_limit_is_set_and_lifted_and_the_command_says_how_many_there_are(run, app, cast, read):
    with app.app_context():
        make_email_account(cast.alice.workspace_id)

    first = run("--workspace", "Acme", "1200")
    assert (first.exit_code, first.output) == (0, "Acme: connected 1, limit 1,200.\n")
    assert [workspace.account_limit for workspace in read(Workspace)] == [1200, None]

    assert run("--workspace", "Acme", "None").output == "Acme: connected 1, limit none.\n"
    assert [workspace.account_limit for workspace in read(Workspace)] == [None, None]
    assert [event.details for event in read(AuditEvent)] == [
        {"limit": "from no limit to 1,200", "by": "a command on the server"},
        {"limit": "from 1,200 to no limit", "by": "a command on the server"},
    ]


@pytest.mark.parametrize("limit", ["many", "-5", "1.5", "٣", "", "10000000"])
def test_what_is_no_limit_is_refused(run, read, limit):
    result = run("--workspace", "Acme", "--", limit)

    assert result.exit_code in {1, 2}
    assert "Enter a whole number" in result.output
    assert {workspace.account_limit for workspace in read(Workspace)} == {None}


def test_an_unknown_workspace_is_refused_with_a_sentence(run):
    result = run("--workspace", "Nobody", "5")

    assert (result.exit_code, result.output) == (1, "Error: There is no workspace called Nobody.\n")
