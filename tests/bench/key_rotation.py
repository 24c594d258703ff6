"""What giving 1,000 accounts a new key costs, against opening and sealing the same tokens and nothing else."""

import time
from collections.abc import Callable

from cryptography.fernet import Fernet

from nimbus.extensions import db
from nimbus.models.sealed_columns import SEALED
from nimbus.services.rotate_keys import rotate_now
from tests.bench.connection_test import application
from tests.bench.measure import alternate, report
from tests.factories import make_cast
from tests.rotating.fleet import fill

ACCOUNTS, TIMES, LIMIT = 1000, 7, 2


def run() -> bool:
    """CPU time of this process, from the new key to the destruction of the old one."""
    with application() as app, app.app_context():
        person = make_cast().alice
        fill(person.workspace_id, person.user_id, ACCOUNTS, tests=0)
        tokens = _same_tokens(person.workspace_id)

        def ours() -> float:
            return _cpu(lambda: rotate_now("Acme"))

        def floor() -> float:
            return _cpu(lambda: _bare(tokens))

        figures = alternate(ours, floor, times=TIMES, warm_up=1)
        return report("key_rotation", *figures, unit="ms", limit=LIMIT)


def _same_tokens(workspace_id: int) -> tuple[Fernet, list[bytes]]:
    """As many plaintexts of the same length as the database holds, under a key of our own."""
    sealed = [value for column in SEALED for value in db.session.scalars(column.values(workspace_id))]
    db.session.rollback()
    # What Fernet adds to its plaintext: 8 bytes of time, 16 to start from, 32 of signature, up to 16 of padding, a byte.
    lengths = [len(value.partition(":")[2]) * 3 // 4 - 73 for value in sealed]
    key = Fernet(Fernet.generate_key())
    return key, [key.encrypt(b"x" * length) for length in lengths]


def _bare(tokens: tuple[Fernet, list[bytes]]) -> None:
    old, sealed = tokens
    new = Fernet(Fernet.generate_key())
    for token in sealed:
        new.encrypt(old.decrypt(token))


def _cpu(action: Callable[[], object]) -> float:
    """The milliseconds of CPU that one call takes in this process."""
    start = time.process_time()
    action()
    return (time.process_time() - start) * 1000
