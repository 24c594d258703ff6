"""The practice world for tests: in threads of the test process with its world at hand, or as the command that runs it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from nimbus.clock import MovableClock
from nimbus.sandbox.world import World
from nimbus.settings_kinds import CHECKOUT

if TYPE_CHECKING:  # most tests need none of it
    from nimbus.sandbox.doors import Providers
    from nimbus.sandbox.serve import Running


@pytest.fixture
def world(clock: MovableClock) -> World:
    """An empty practice world by the clock of the test's own product."""
    return World(clock)


@pytest.fixture
def sandbox(world: World) -> Iterator[Providers]:
    """Google and Microsoft over that world, served on free ports; `environ` is what a product must be told.

    A product takes it when the module says so: `@pytest.fixture` / `def environ(sandbox): return sandbox.environ`.
    """
    from nimbus.sandbox.doors import Providers

    with Providers(world) as providers:
        yield providers


@pytest.fixture
def practice(clock: MovableClock, tmp_path: Path) -> Iterator[Running]:
    """The whole practice world: providers, mail servers, DNS, people and the control page."""
    from nimbus.sandbox.serve import running_world

    with running_world(tmp_path, clock, base_url="http://127.0.0.1:8000") as running:
        yield running


@dataclass(frozen=True)
class Sandbox:
    """`flask sandbox` as it runs: the settings it asks for, and its world through the control page's JSON."""

    process: subprocess.Popen[str]
    environ: dict[str, str]
    control_url: str

    def world(self) -> dict[str, Any]:
        return requests.get(f"{self.control_url}/world.json", timeout=10).json()

    def mail(self, address: str) -> list[dict[str, Any]]:
        return requests.get(f"{self.control_url}/mailboxes/{address}.json", timeout=10).json()["mail"]

    def post(self, path: str, **values: Any) -> Any:
        answer = requests.post(f"{self.control_url}{path}", json=values, timeout=10)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running_sandbox(base_url: str = "http://127.0.0.1:8000") -> Iterator[Sandbox]:
    """The command on free ports, for a product that answers at `base_url`; it must end well within ten seconds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "sandbox", "--base-url", base_url],
        cwd=CHECKOUT,
        env={"PATH": os.defpath, "HOME": os.environ.get("HOME", "/")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        environ, control_url = {}, ""
        for line in process.stdout:
            if line.startswith("export "):
                name, _, value = shlex.split(line)[1].partition("=")
                environ[name] = value
            if found := re.match(r"# Control page: (\S+?)/$", line):
                control_url = found[1]
                break
        yield Sandbox(process, environ, control_url)
    finally:
        process.send_signal(signal.SIGINT)
        status = process.wait(10)
        process.stdout.close()
    assert status == 0
