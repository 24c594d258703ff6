"""Pages are tried on an application of each test's own; what is slow and always the same is done once."""

import pytest
from jinja2 import BytecodeCache

from nimbus.models import Role
from tests.cast import Cast
from tests.factories import make_email_account, make_person, make_workspace


class CompiledTemplates(BytecodeCache):
    """Templates compiled by one test serve the next: compiling takes longer than most requests."""

    def __init__(self):
        self.compiled = {}

    def load_bytecode(self, bucket):
        if (bucket.key, bucket.checksum) in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key, bucket.checksum])

    def dump_bytecode(self, bucket):
        self.compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


TEMPLATES = CompiledTemplates()


@pytest.fixture
def app(app):
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


@pytest.fixture
def cast(app):
    """Alice and Bob of one workspace, Charlie of another; their password is hashed once."""
    with app.app_context():
        acme, zenith = make_workspace("Acme"), make_workspace("Zenith")
        alice, bob = make_person(acme, "Alice"), make_person(acme, "Bob", role=Role.OPERATOR)
        return Cast({"alice": alice, "bob": bob, "charlie": make_person(zenith, "Charlie")})


@pytest.fixture
def make_page(app, cast):
    """Make an account of Alice's workspace; gives its page's address."""

    def account(email="ava@acme.test", **overrides):
        with app.app_context():
            return f"/email-accounts/{make_email_account(cast.alice.workspace_id, email, **overrides)}"

    return account


@pytest.fixture
def ava(make_page):
    """The page of a new inbox."""
    return make_page(current_stage=0)
