"""The instance key has a file of its own; without it, the database opens nothing."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from nimbus import create_app
from nimbus.extensions import db
from nimbus.models import WorkspaceKey
from nimbus.security.instance_keys import KeyFileProblem, ensure_instance_key, load_instance_key
from nimbus.security.vault import CannotOpenSecret
from nimbus.security.workspace_keys import create_workspace_key, vault_of
from nimbus.settings_kinds import CHECKOUT
from tests.factories import PASSWORD, make_email_account, make_workspace

ROW = {"owner": "mail_server:1:smtp", "field": "password"}
MAKE_AND_READ = """
import sys
from pathlib import Path
from nimbus.security.instance_keys import ensure_instance_key, load_instance_key
print("ready", flush=True)
sys.stdin.readline()
made = ensure_instance_key(Path(sys.argv[1]))
load_instance_key(Path(sys.argv[1]))
print(made)
"""


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "fresh" / "keys" / "instance.key"
    ensure_instance_key(path)
    return path


def test_the_key_file_can_be_read_by_its_owner_alone(key_file):
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert key_file.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_that_is_there_is_kept_and_nothing_lies_beside_it(key_file):
    before = key_file.read_bytes()

    assert ensure_instance_key(key_file) is False
    assert key_file.read_bytes() == before
    assert list(key_file.parent.iterdir()) == [key_file]


def test_processes_that_start_at_once_agree_on_one_key_that_all_can_read(tmp_path):
    path = tmp_path / "race" / "instance.key"
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE_AND_READ, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        for _ in range(2)
    ]
    for starter in starters:
        assert starter.stdout.readline() == "ready\n"
    answers = [starter.communicate("go\n", timeout=30)[0].strip() for starter in starters]

    assert sorted(answers) == ["False", "True"]


def test_threads_that_start_at_once_never_see_half_a_key(tmp_path):
    def start(path):
        made = ensure_instance_key(path)
        load_instance_key(path)
        return made

    with ThreadPoolExecutor(8) as pool:
        for attempt in range(40):
            path = tmp_path / str(attempt) / "instance.key"
            assert sum(pool.map(start, [path] * 8)) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"garbage", b"\xff\x00\xfe", b"A" * 44, b"0" * 5000])
def test_a_file_without_a_key_is_named_in_the_sentence(tmp_path, content):
    path = tmp_path / "instance.key"
    path.write_bytes(content)

    with pytest.raises(KeyFileProblem, match=f"^The key file {path} does not hold a key.$"):
        load_instance_key(path)


def test_a_missing_file_is_named_in_the_sentence(tmp_path):
    path = tmp_path / "nowhere" / "instance.key"

    with pytest.raises(
        KeyFileProblem, match=f"^The key file {path} cannot be read: No such file or directory.$"
    ):
        load_instance_key(path)


def test_a_directory_in_the_place_of_the_file_is_named_in_the_sentence(tmp_path):
    with pytest.raises(KeyFileProblem, match=f"^The key file {tmp_path} cannot be read: Is a directory.$"):
        load_instance_key(tmp_path)


def test_the_application_does_not_start_without_its_key_file(settings):
    settings.key_file.unlink()

    with pytest.raises(KeyFileProblem, match="cannot be read"):
        create_app(settings)


def test_another_key_file_opens_nothing_and_says_so(settings):
    with create_app(settings).app_context():
        workspace_id = make_workspace()
        db.engine.dispose()
    settings.key_file.write_bytes(Fernet.generate_key())

    with create_app(settings).app_context():
        with pytest.raises(
            KeyFileProblem,
            match=rf"^Neither {settings.key_file} nor a file beside it holds the instance key ",
        ):
            vault_of(db.session(), workspace_id)
        db.engine.dispose()


def test_a_workspace_without_a_key_is_told_apart(context):
    with pytest.raises(KeyFileProblem, match=r"^This workspace has no key\.$"):
        vault_of(db.session(), 99)


@pytest.mark.claim("C18", partly=True)
def test_one_workspaces_vault_opens_nothing_of_anothers(context):
    acme, zenith = make_workspace("Acme"), make_workspace("Zenith")
    sealed = vault_of(db.session(), acme).seal("secret", **ROW)

    with pytest.raises(CannotOpenSecret):
        vault_of(db.session(), zenith).open(sealed, **ROW)
    assert vault_of(db.session(), acme).open(sealed, **ROW) == "secret"


def test_a_second_key_seals_from_now_on_and_the_first_still_opens(context, clock):
    workspace_id = make_workspace()
    sealed = vault_of(db.session(), workspace_id).seal("secret", **ROW)
    clock.advance(days=90)
    added = create_workspace_key(db.session(), workspace_id)
    db.session.commit()

    vault = vault_of(db.session(), workspace_id)
    assert vault.seal("newer", **ROW).startswith(added.id)
    assert vault.open(sealed, **ROW) == "secret"


@pytest.mark.claim("C20", partly=True)
def test_a_dump_of_the_database_alone_opens_nothing(context, settings):
    make_email_account(make_workspace())
    db.session.commit()

    copy = sqlite3.connect(settings.data_dir / "nimbus.sqlite3")
    dump = "\n".join(copy.iterdump())
    copy.close()
    assert PASSWORD not in dump
    assert settings.key_file.read_text().strip() not in dump
    [wrapped] = db.session.scalars(sa.select(WorkspaceKey.wrapped))
    for text in {word.strip("'(),;") for word in dump.split()}:
        with pytest.raises((InvalidToken, ValueError)):
            Fernet(text).decrypt(wrapped)


@pytest.mark.claim("C17", partly=True)
def test_what_the_dump_holds_opens_with_the_key_file_beside_it(context, settings):
    account_id = make_email_account(workspace_id := make_workspace())

    [(key_id, wrapped)] = db.session.execute(sa.select(WorkspaceKey.id, WorkspaceKey.wrapped)).all()
    sealed = db.session.scalar(sa.text("SELECT sealed_password FROM mail_server WHERE leg = 'smtp'"))
    workspace_key = Fernet(settings.key_file.read_bytes().strip()).decrypt(wrapped)
    opened = Fernet(workspace_key).decrypt(sealed.removeprefix(f"{key_id}:")).decode()
    assert PASSWORD in opened
    assert f"mail_server:{account_id}:smtp" in opened
    assert opened.startswith(f"[{workspace_id},")
