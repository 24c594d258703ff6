"""Running a connection test: claim it, do the legs without holding the database, record the verdict.

Nothing is tried twice: a test whose worker died is closed by the sweep, for its message may have left.
"""

import logging
import secrets
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.providers.contract import Network, Secret, ServerLogin
from nimbus.providers.errors import ProviderError
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.probe import Probe
from nimbus.providers.smtp_imap.round_trip import check_folder, look_for_probe, send_probe
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import REPLY_SECONDS, Leg, Purpose, Step, legs_of
from nimbus.rules.mail_settings import MailSettings
from nimbus.security.held_keys import hold_vault_within
from nimbus.security.vault import Vault
from nimbus.services import connection_verdict
from nimbus.services.connection_progress import Progress, StoppedMeanwhile, claim
from nimbus.services.internal_address import Internal, find_internal, hurry_internal
from nimbus.services.live_place import place_state
from nimbus.services.prepared import driver_write
from nimbus.services.server_login import current_network

FIRST_LOOK_SECONDS = 3.0  # most mail arrives within it; after that the worker is given back
LATER_LOOK_SECONDS = 1.0
LOOK_EVERY = timedelta(seconds=5)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker needs to run a test once it is claimed; the row is not touched meanwhile."""

    progress: Progress
    settings: MailSettings
    vault: Vault
    probe: Probe
    network: Network
    internal: Internal | None  # who answers the test message; without one it goes to the mailbox itself

    def login(self, leg: Leg) -> ServerLogin:
        """One leg's server with its password opened; raises CannotOpenSecret."""
        test, server = self.progress.test, self.settings.server(leg)
        password = self.vault.open(test.sealed(leg), owner=test.vault_owner, field=f"{leg}_password")
        return ServerLogin(
            host=server.host,
            port=server.port,
            security=server.security,
            username=server.username,
            password=Secret(password),
            allow_old_tls=self.settings.allow_old_tls,
            allow_unverified=self.settings.allow_unverified,
        )


def run(workspace_id: int, test_id: int) -> None:
    """Run a test that is queued, or look again for one that waits. Anything else is left alone, as all is in a copy."""
    if not place_state().confirmed:
        return
    task = _take_up(workspace_id, test_id)
    if task is None:
        return
    with suppress(StoppedMeanwhile):
        _run_to_the_end(task)


def _run_to_the_end(task: Task) -> None:
    dialogue = Dialogue()
    try:
        with task.progress:
            _run_legs(task, dialogue)
    except StoppedMeanwhile:
        raise
    except ProviderError as error:
        connection_verdict.fail(task.progress, error, dialogue.text())
    except Exception as error:  # noqa: BLE001 - every test ends in a state with a sentence
        connection_verdict.fail(task.progress, _our_fault(task.progress, error), dialogue.text())


def _take_up(workspace_id: int, test_id: int) -> Task | None:
    """Claim the test and read what it needs, in one transaction; None when it is not there to be claimed."""
    with driver_write(db.engine) as writing:
        test = claim(writing, workspace_id, test_id)
        if test is None:
            return None
        vault = hold_vault_within(writing, workspace_id)
        settings = MailSettings.from_dict(test.settings)
    internal = find_internal(db.session(), apart_from=settings.email)
    db.session.remove()  # no database connection is held while the network is waited for
    return Task(
        progress=Progress(test, engine=db.engine, clock=current_app.extensions["nimbus.clock"]),
        settings=settings,
        vault=vault,
        probe=Probe(
            # As it was when the message left: a later look may come after its key was rotated away.
            token=f"{test.nonce}.{test.signature}",
            sender=settings.email,
            recipient=internal.email if internal else settings.email,
            sent_at=test.created_at,
        ),
        network=current_network(),
        internal=internal,
    )


def _run_legs(task: Task, dialogue: Dialogue) -> None:
    progress, imap = task.progress, task.login(Leg.IMAP)
    if Leg.SMTP not in legs_of(Purpose(progress.test.purpose)):
        check_folder(imap, task.network, folder=task.settings.imap_folder, watch=progress, dialogue=dialogue)
        connection_verdict.succeed(progress, task.vault)
        return
    if progress.is_first_run:
        send_probe(task.login(Leg.SMTP), task.probe, task.network, watch=progress, dialogue=dialogue)
        progress.handed_over()
    if task.internal is not None:
        hurry_internal(task.internal)
    found = look_for_probe(
        imap,
        task.probe,
        task.network,
        folder=task.settings.imap_folder,
        patience_seconds=FIRST_LOOK_SECONDS if progress.is_first_run else LATER_LOOK_SECONDS,
        watch=progress,
        dialogue=dialogue,
    )
    if found is not None:
        connection_verdict.succeed(progress, task.vault, found)
        return
    wait_until = progress.test.wait_until or now() + timedelta(seconds=REPLY_SECONDS - FIRST_LOOK_SECONDS)
    if now() >= wait_until:
        raise ProviderError(FailureCode.NO_REPLY_SEEN, leg=Leg.IMAP, step=Step.FIND_REPLY, permanent=False)
    connection_verdict.wait(progress, dialogue.text(), wait_until=wait_until, next_look_at=now() + LOOK_EVERY)


def _our_fault(progress: Progress, error: Exception) -> ProviderError:
    reference = secrets.token_hex(2).upper()
    # The text of a library's exception may quote what was sent, so only its kind and place are logged.
    place = "".join(traceback.format_tb(error.__traceback__))
    kind = type(error).__name__
    _log.error("Connection test failed on our side, reference %s: %s\n%s", reference, kind, place)
    leg, step, *_ = progress.entries[-1] if progress.entries else (Leg.SMTP, Step.FIND_SERVER)
    return ProviderError(
        FailureCode.INTERNAL, leg=Leg(leg), step=Step(step), permanent=False, detail={"reference": reference}
    )
