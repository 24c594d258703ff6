"""A workspace's name, zone and limit: each change is one write and one line in the audit log."""

import pytest
import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import AuditEvent, Workspace
from nimbus.rules.account_limits import LARGEST_LIMIT, Room
from nimbus.services.switch_workspace import NameTaken
from nimbus.services.workspace_settings import (
    DoubtfulLimit,
    UnclearWorkspace,
    change_workspace,
    set_account_limit,
    workspace_called,
)
from tests.factories import make_email_account, make_workspace, reload

BY_COMMAND = {"by": "a command on the server"}


def lines(action):
    """(details, who, the object's name) of each line, the oldest first."""
    db.session.rollback()
    found = sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
    return [(line.details, line.actor, line.object_name) for line in db.session.scalars(found)]


def test_name_and_zone_are_saved_and_recorded_with_what_they_were(acme, asker):
    change_workspace(asker, name="Acme & Co", timezone="Asia/Kolkata")

    workspace = reload(Workspace, acme)
    assert (workspace.name, workspace.timezone) == ("Acme & Co", "Asia/Kolkata")
    change = {"name": "from Acme to Acme & Co", "time_zone": "from Europe/Paris to Asia/Kolkata"}
    assert lines("workspace_changed") == [(change, "Ada", "Acme & Co")]


def test_saving_what_is_there_already_writes_no_line(acme, asker):
    change_workspace(asker, name="Acme", timezone="Europe/Paris")
    set_account_limit(acme, None, asker=asker)

    assert lines("workspace_changed") == lines("account_limit_set") == []


def test_a_name_of_another_workspace_is_refused_because_commands_go_by_it(acme, asker):
    make_workspace("Zenith")

    with pytest.raises(
        NameTaken, match=r"^There is a workspace called Zenith already\. Choose another name\.$"
    ):
        change_workspace(asker, name="Zenith", timezone="UTC")
    workspace = reload(Workspace, acme)
    assert (workspace.name, workspace.timezone) == ("Acme", "Europe/Paris")
    assert lines("workspace_changed") == []


def test_a_limit_is_set_changed_and_lifted_and_says_how_many_there_are(acme, ava, asker):
    make_email_account(make_workspace("Zenith"))

    assert set_account_limit(acme, 1200, asker=asker) == Room(1, 1200)
    assert set_account_limit(acme, 0, asker=None) == Room(1, 0)
    assert reload(Workspace, acme).account_limit == 0
    assert set_account_limit(acme, None, asker=asker) == Room(1, None)
    assert lines("account_limit_set") == [
        ({"limit": "from no limit to 1,200"}, "Ada", "Acme"),
        ({"limit": "from 1,200 to 0"} | BY_COMMAND, None, "Acme"),
        ({"limit": "from 0 to no limit"}, "Ada", "Acme"),
    ]


@pytest.mark.parametrize("limit", [-1, LARGEST_LIMIT + 1, 10**12])
def test_a_limit_that_nobody_means_is_refused(acme, limit):
    with pytest.raises(DoubtfulLimit, match=r"^Enter a whole number from 0 to 1,000,000, or none\.$"):
        set_account_limit(acme, limit, asker=None)
    assert reload(Workspace, acme).account_limit is None


def test_a_workspace_is_found_by_its_name_only_while_that_is_clear(acme):
    assert workspace_called(db.session(), "Acme") == acme

    with pytest.raises(UnclearWorkspace, match=r"^There is no workspace called acme\.$"):
        workspace_called(db.session(), "acme")
    make_workspace("Acme")
    with pytest.raises(
        UnclearWorkspace, match=r"^2 workspaces are called Acme\. Rename one of them first\.$"
    ):
        workspace_called(db.session(), "Acme")
