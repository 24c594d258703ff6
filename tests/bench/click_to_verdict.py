"""From the click on "Test and connect" to the stored verdict, against the bare script on the same servers."""

import sqlite3
import ssl
import time
from collections.abc import Iterator

from tests.bench.bare_script import round_trip
from tests.bench.connection_test import FIGURES, PASSWORD, TIMES, addresses, mail_stack, settings_for
from tests.bench.measure import alternate, milliseconds, report
from tests.product import Client, running_product
from tests.servers.mail import MailStack

LIMIT = 2.5
_LOOK_EVERY = 0.001  # seconds


def run() -> bool:
    """Through the real web server, the real queue and a real worker."""
    with mail_stack() as stack, running_product(NIMBUS_CA_FILE=str(stack.ca_file)) as product:
        client = Client(product)
        client.set_up(product.setup_code)
        file = product.settings.data_dir / "nimbus.sqlite3"
        database = sqlite3.connect(file, isolation_level=None)
        fresh = addresses()
        kept = [_compare(stack, client, database, fresh=fresh, figure=each) for each in FIGURES]
        database.close()
        return all(kept)


def _compare(
    stack: MailStack, client: Client, database: sqlite3.Connection, *, fresh: Iterator[str], figure: str
) -> bool:
    legs = FIGURES[figure]
    context = ssl.create_default_context(cafile=str(stack.ca_file))

    def click() -> None:
        typed = settings_for(stack, next(fresh), legs).as_dict()
        fields = {name: value for name, value in typed.items() if not name.startswith("allow")}
        passwords = {"smtp_password": PASSWORD, "imap_password": PASSWORD}
        location = client.post("/email-accounts/connect/smtp", **fields, **passwords)
        test_id = int(location.rpartition("/")[2])
        while (state := _state(database, test_id)) in {"queued", "running", "waiting"}:
            time.sleep(_LOOK_EVERY)
        assert state == "passed", state

    def floor() -> None:
        round_trip(stack, context, legs=legs, address=next(fresh), password=PASSWORD)

    figures = alternate(lambda: milliseconds(click), lambda: milliseconds(floor), times=TIMES)
    return report(f"click_to_verdict{figure}", *figures, unit="ms", limit=LIMIT)


def _state(database: sqlite3.Connection, test_id: int) -> str:
    return str(database.execute("SELECT state FROM connection_test WHERE id = ?", (test_id,)).fetchone()[0])
