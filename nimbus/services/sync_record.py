"""How the reading of an inbox ended: what its row, its page and its log say, and when it is read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, EventTone, InboxSync, MailServer
from nimbus.models.base import table_of
from nimbus.providers.reading import RemoteFolder
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg
from nimbus.rules.sync_pace import is_trouble, next_look, next_try
from nimbus.services.account_log import record
from nimbus.services.sync_claim import Taken

_SYNC, _SERVER, _ACCOUNT = table_of(InboxSync), table_of(MailServer), table_of(EmailAccountHealth)
_HELD = sa.and_(_SYNC.c.account_id == sa.bindparam("of_account"), _SYNC.c.owner == sa.bindparam("of_owner"))
_FREE = {"owner": None, "lease_until": None}
_PUT_BACK = (
    sa.update(_SYNC).where(_HELD).values(**_FREE, next_at=sa.bindparam("at", type_=_SYNC.c.next_at.type))
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an inbox could not be read: a sentence, the server's line, and for a mail server the cause by name."""

    sentence: str
    is_permanent: bool = False
    server_line: str = ""
    code: FailureCode | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    is_said: bool = False  # the account says so already: its sign-in is over


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one inbox did. `is_done`: everything that there was is kept; `found`: new messages."""

    taken: Taken
    found: int = 0
    is_done: bool = True
    folders: Sequence[RemoteFolder] | None = None
    trouble: Trouble | None = None


def record_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Write down how inboxes did, all that went well in one transaction. Who lost an inbox meanwhile writes nothing."""
    well = [outcome for outcome in outcomes if outcome.trouble is None]
    if well:
        with transaction() as session:
            _record_well(session, well)
    for outcome in outcomes:
        if outcome.trouble is not None:
            with transaction() as session:
                _record_trouble(session, outcome, outcome.trouble)


def _record_well(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Those that have nothing to tell, which are most, in one statement."""
    moment = now()
    quiet = [each for each in outcomes if each.is_done and not each.taken.failures and each.folders is None]
    if quiet:
        session.connection().execute(_ending(moment), [_end(each, moment) for each in quiet])
    for outcome in outcomes:
        if outcome in quiet:
            continue
        statement = _ending(moment) if outcome.is_done else _PUT_BACK
        is_ours = session.execute(statement, _end(outcome, moment)).rowcount  # type: ignore[attr-defined]
        if is_ours:
            _keep_listing(session, outcome, moment)
        if is_ours and outcome.taken.failures:
            _mend(session, outcome.taken)


def _ending(moment: datetime) -> sa.Update:
    good = {"synced_at": moment, "failures": 0, "problem": None, "server_line": None, "asked_by": None}
    return _PUT_BACK.values(**good, backlog=0, backlog_done=0)


def _end(outcome: Outcome, moment: datetime) -> dict[str, Any]:
    active_at = moment if outcome.found else outcome.taken.active_at
    # What is not done is read on at once, after those that wait for their turn.
    following = next_look(moment, active_at) if outcome.is_done else moment
    return {"of_account": outcome.taken.account_id, "of_owner": outcome.taken.owner, "at": following}


def _keep_listing(session: Session, outcome: Outcome, moment: datetime) -> None:
    if outcome.folders is not None:
        listed = {"folders": [[*_plain(each)] for each in outcome.folders], "listed_at": moment}
        of_account = _SYNC.c.account_id == outcome.taken.account_id
        session.execute(sa.update(_SYNC).where(of_account).values(listed))


def _plain(folder: RemoteFolder) -> tuple[str, str | None, int | None]:
    return folder.name, folder.role, folder.messages


def _mend(session: Session, taken: Taken) -> None:
    """What was said to be wrong is not any more."""
    account = session.get_one(EmailAccountHealth, taken.account_id)
    leg = session.get(MailServer, (taken.account_id, str(Leg.IMAP)))
    if account.sync_problem is None and (leg is None or leg.failure_code is None):
        return
    account.sync_problem = None
    if leg is not None:
        leg.checked_at, leg.failure_code, leg.failure_detail = now(), None, {}
    record(session, account, "sync", "Replies are read again", tone=EventTone.OK)


def _record_trouble(session: Session, outcome: Outcome, trouble: Trouble) -> None:
    moment, taken = now(), outcome.taken
    failures = taken.failures + 1
    values = {
        "failures": failures,
        "problem": trouble.sentence,
        "server_line": trouble.server_line or None,
        "asked_by": None,
        "next_at": next_try(moment, failures, is_permanent=trouble.is_permanent),
    }
    held = {"of_account": taken.account_id, "of_owner": taken.owner}
    is_ours = session.execute(sa.update(_SYNC).where(_HELD).values(**_FREE, **values), held).rowcount  # type: ignore[attr-defined]
    if is_ours:
        _keep_listing(session, outcome, moment)  # so that a person can choose where replies come to
    if not is_ours or trouble.is_said or not is_trouble(failures, is_permanent=trouble.is_permanent):
        return
    account = session.get_one(EmailAccountHealth, taken.account_id)
    leg = session.get(MailServer, (taken.account_id, str(Leg.IMAP)))
    is_news = account.sync_problem is None and (leg is None or leg.failure_code is None)
    if leg is not None and trouble.code is not None:
        leg.checked_at, leg.failure_code, leg.failure_detail = moment, trouble.code, dict(trouble.detail)
    else:
        account.sync_problem = trouble.sentence
    if is_news:
        record(session, account, "sync", f"Replies are not read: {trouble.sentence}", tone=EventTone.BAD)
