"""What somebody has who took the database and nothing else: no password, and no key that opens one."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from nimbus import create_app
from nimbus.extensions import db
from nimbus.models import WorkspaceKey
from nimbus.models.base import Base
from nimbus.models.sealed_columns import SEALED
from nimbus.security.instance_keys import KeyFileProblem, ensure_instance_key
from nimbus.security.vault import CannotOpenSecret
from nimbus.security.workspace_keys import vault_of
from nimbus.services.rotate_keys import ask_for_rotation, rotate_now
from nimbus.services.sign_in import open_session
from tests import cast
from tests.factories import make_person, make_workspace
from tests.rotating.fleet import everything, fill


def dump():
    """Every value of every column of every table, one a line."""
    rows = (row for table in Base.metadata.sorted_tables for row in db.session.execute(sa.select(table)))
    return "\n".join(str(value) for row in rows for value in row)


def tokens(text):
    """Everything in there that is a Fernet token, or begins with the name of a key and goes on with one."""
    return [line.rpartition(":")[2] for line in text.splitlines() if "gAAAAA" in line]


@pytest.fixture(params=["before", "half-way", "after"])
def dumped(request, acme, secrets):
    """The database before, in the middle of, and after a rotation."""
    if request.param == "half-way":
        ask_for_rotation(acme)
        fill(acme, 1, 2, tests=0)
    if request.param == "after":
        rotate_now()
    return dump()


@pytest.mark.claim("C20")
def test_dump_searched_for_every_secret_finds_none(settings, ada, secrets, dumped):
    session_token = open_session(*ada, address="", browser="")
    instance_key = settings.key_file.read_text().strip()
    keys = [
        Fernet(instance_key).decrypt(row.wrapped.encode()).decode()
        for row in db.session.scalars(sa.select(WorkspaceKey))
    ]

    searched = dumped + dump()
    for secret in {*secrets.values(), instance_key, *keys, session_token, cast.PASSWORD}:
        assert secret not in searched
    assert len(tokens(dumped)) > len(secrets)


@pytest.mark.claim("C20")
def test_without_the_key_file_nothing_in_the_dump_opens(settings, acme, tmp_path, dumped):
    words = {word for line in dumped.splitlines() for word in line.split()}
    for word in words:  # whatever in there could be a key opens none of it
        try:
            key = Fernet(word)
        except ValueError:
            continue
        for token in tokens(dumped):
            with pytest.raises(InvalidToken):
                key.decrypt(token)

    ensure_instance_key(tmp_path / "other" / "instance.key")
    thief = create_app(replace(settings, key_file=tmp_path / "other" / "instance.key"))
    with thief.app_context():
        with pytest.raises(KeyFileProblem):
            vault_of(db.session(), acme)
        db.session.remove()
        db.engine.dispose()


@pytest.mark.claim("C18")
def test_one_workspaces_keys_open_nothing_of_anothers(acme, secrets):
    charlie = make_person(make_workspace("Zenith"), "Charlie")
    fill(charlie.workspace_id, charlie.user_id, 3)
    ask_for_rotation(acme)
    stranger = vault_of(db.session(), acme)

    refused = 0
    for sealed in SEALED:
        for row in db.session.execute(sealed.not_under("", charlie.workspace_id)).all():
            with pytest.raises(CannotOpenSecret):
                stranger.open(sealed.value_of(row), owner=sealed.owner_of(row), field=sealed.field)
            refused += 1
    assert refused == len(everything(charlie.workspace_id))
    assert everything(acme) == secrets


def test_whatever_looks_like_a_sealed_value_is_in_a_column_that_takes_part_in_rotations(acme, secrets):
    known = {(sealed.table.name, sealed.column.name) for sealed in SEALED}
    found = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if "workspace_id" in table.columns  # above them are values under the instance key
        if any(":gAAAAA" in str(value) for value in db.session.scalars(sa.select(column)))
    }

    assert found == known
