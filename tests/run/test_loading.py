"""What the product's processes load: each module costs time at every start, and memory for as long as they run."""

import subprocess
import sys

import pytest

from nimbus.settings_kinds import CHECKOUT


def loaded_by(module):
    script = f"import sys, {module}; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, check=True)
    return set(ended.stdout.decode().split())


@pytest.mark.parametrize("module", ["nimbus.run.__main__", "jobs.schedule", "nimbus.web.http_worker"])
def test_what_watches_schedules_or_only_holds_the_port_loads_neither_application_nor_database(module):
    assert not loaded_by(module) & {"nimbus.application", "sqlalchemy"}


@pytest.mark.parametrize("module", ["nimbus.run.__main__", "jobs.schedule"])
def test_what_watches_or_schedules_does_without_flask(module):
    assert "flask" not in loaded_by(module)


def test_pages_begin_without_the_library_for_name_servers():
    assert "dns" not in loaded_by("nimbus.application, nimbus.web.wiring")


def test_a_worker_loads_neither_pages_nor_the_migrations_machinery_nor_a_second_queue_client():
    assert not loaded_by("jobs.worker") & {"nimbus.web", "alembic", "valkey"}
