"""The whole product as `make run` starts it, on a directory of its own, and a client that signs in."""

import copy
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlencode

from nimbus.settings import Settings
from nimbus.settings_kinds import CHECKOUT
from tests.conftest import test_settings
from tests.servers.processes import ClaimedPorts, wait_until

COMMAND = ("-m", "nimbus.run")
# So many processes run jobs, as the Procfile has it.
CREW = sum(map(int, re.findall(r":(\d+)", (CHECKOUT / "Procfile").read_text().partition("jobs.worker")[2])))


class Product:
    """A product to start and stop; its address, its settings and what its terminal shows."""

    def __init__(self, directory: Path, command: tuple[str, ...] = COMMAND, **environ: str) -> None:
        self._ports = ClaimedPorts(1)
        self.port = self._ports.numbers[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = directory / "terminal"
        given = environ | {"NIMBUS_BIND": f"127.0.0.1:{self.port}"}
        self.settings: Settings = test_settings(directory, **given)
        self.mark = f"NIMBUS_DATA_DIR={self.settings.data_dir}"  # in the environment of each of its processes
        self._command = [sys.executable, *command]
        self._environ = given | {
            "PATH": os.defpath,
            "HOME": str(directory),
            "NIMBUS_DATA_DIR": str(self.settings.data_dir),
            "NIMBUS_KEY_FILE": str(self.settings.key_file),
            "NIMBUS_SECRET_KEY": str(self.settings.secret_key),
            "NIMBUS_OUTBOUND_ALLOW": self.settings.outbound_allow,
            "NIMBUS_CONNECTION_TESTS_PER_MINUTE": str(self.settings.connection_tests_per_minute),
        }

    def start(self) -> Self:
        """Start it and return when its pages answer."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, cwd=CHECKOUT, stdout=log, stderr=log, env=self._environ
            )
        wait_until(self._runs, within=60, what="the product")
        return self

    def _runs(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError("the product ended at its start:\n" + self.log.read_text())
        return "runs at" in self.log.read_text()

    @property
    def setup_code(self) -> str:
        wait_until(lambda: "Set-up code" in self.log.read_text(), within=10, what="the set-up code")
        return re.search(r"Set-up code: (\S+)", self.log.read_text())[1]  # type: ignore[index]

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.terminate()
        self.process.wait(60)

    def release(self) -> None:
        """Give its port back, once it is not started again."""
        self._ports.release()


class Answer(NamedTuple):
    """What the product said to one request; `location` is where it leads to, if anywhere."""

    status: int
    text: str
    location: str


class Client:
    """A browser reduced to cookies and forms."""

    def __init__(self, product: Product) -> None:
        self._port = product.port
        self._cookies: dict[str, str] = {}
        self._token = ""

    def another(self) -> "Client":
        """A second window of the same person, for another thread."""
        return copy.copy(self)

    def set_up(self, code: str) -> None:
        """Make the workspace; afterwards this client is signed in as its owner."""
        self.get("/setup")
        self.post(
            "/setup",
            code=code,
            workspace="Acme",
            name="Ann",
            email="ann@example.com",
            password="a long enough password",
            timezone="UTC",
        )
        self.get("/email-accounts/connect/smtp")

    def get(self, path: str) -> str:
        return self.ask("GET", path).text

    def post(self, path: str, **fields: object) -> str:
        """Post a form; the address it leads to."""
        return self.ask("POST", path, **fields).location

    def ask(self, method: str, path: str, **fields: object) -> Answer:
        """Send one request, with the token of the last form that was read; OSError or HTTPException without an answer."""
        headers, body = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())},
            None,
        )
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({"csrf_token": self._token} | fields)
        connection = HTTPConnection("127.0.0.1", self._port, timeout=40)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies = self._cookies | {name: value}
        if token := re.search(r'name="csrf_token" value="([^"]+)"', text):
            self._token = token[1]
        return Answer(response.status, text, response.getheader("Location", ""))


@contextmanager
def running_product(**environ: str) -> Iterator[Product]:
    """A product on a directory that is removed afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="nimbus-product-"))
    product = Product(directory, **environ)
    try:
        yield product.start()
    finally:
        product.stop()
        product.release()
        shutil.rmtree(directory, ignore_errors=True)
