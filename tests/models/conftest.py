"""Tables and queries are tried on both databases."""

import pytest

from tests.factories import make_workspace


@pytest.fixture
def database_url(both_databases):
    return both_databases


@pytest.fixture
def pages():
    return False


@pytest.fixture
def acme(context):
    return make_workspace("Acme")
