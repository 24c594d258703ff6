"""The application as the flask command loads it, from a directory that holds nothing yet."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nimbus.security.instance_keys import ensure_instance_key

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def flask(tmp_path: Path):
    """Run `flask …` with its data below a directory of its own."""
    environ = {
        **os.environ,
        "NIMBUS_DATA_DIR": str(tmp_path / "data"),
        "NIMBUS_KEY_FILE": str(tmp_path / "keys" / "instance.key"),
        "NIMBUS_SECRET_KEY": "a key for tests, long enough to be taken",
    }
    (tmp_path / "data").mkdir()

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flask", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environ, input=stdin, capture_output=True, text=True, check=False
        )

    return run


def test_a_missing_key_file_is_said_in_one_sentence(flask, tmp_path):
    result = flask("config")

    assert result.returncode == 1
    assert result.stderr.strip().splitlines()[-1].startswith(f"The key file {tmp_path}/keys/instance.key")


def test_a_database_behind_the_head_is_refused_and_flask_db_upgrade_mends_it(flask, tmp_path):
    ensure_instance_key(tmp_path / "keys" / "instance.key")

    behind = flask("config")
    upgrade = flask("db", "upgrade")
    after = flask(
        "create-user", "--workspace", "W", "--email", "e@example.com", "--name", "E", stdin="long enough\n"
    )

    assert behind.returncode == 1
    assert "flask db upgrade" in behind.stderr
    assert (upgrade.returncode, after.returncode) == (0, 0), upgrade.stderr + after.stderr
    assert "e@example.com can sign in" in after.stdout
