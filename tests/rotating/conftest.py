"""Rotations on both databases: Ada's workspace, the secrets it keeps, and processes that can be killed."""

import pytest

from tests.factories import make_person, make_workspace
from tests.rotating.fleet import fill


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.fixture
def pages():
    return False


@pytest.fixture
def ada(context):
    """The ids of a workspace and of its owner."""
    person = make_person(make_workspace("Acme"), "Ada")
    return person.workspace_id, person.user_id


@pytest.fixture
def acme(ada):
    return ada[0]


@pytest.fixture
def secrets(ada):
    """Everything that Ada's workspace keeps sealed: 150 accounts with two passwords each, 15 grants, an app, three tests."""
    return fill(*ada, accounts=150)
