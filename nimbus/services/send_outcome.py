"""What a refusal does: to the message, and where it is about more than that, to its inbox.

The inbox is changed first. A worker that dies in between leaves a claimed message, which goes back to the queue.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, EventTone, MailServer
from nimbus.providers.contract import ServerLogin
from nimbus.providers.errors import SendRefused
from nimbus.rules.authentication_refusals import refuses_domain
from nimbus.rules.connection_failure import Attempted, FailureCode, explain
from nimbus.rules.connection_test import Leg
from nimbus.rules.providers import ConnectionState
from nimbus.rules.send_answer_texts import NO_ANSWER
from nimbus.rules.send_answers import (
    EFFECTS,
    INBOX_WAITS,
    SIGN_IN_TRIES,
    Category,
    Effect,
    Stage,
    api_pause,
    classify,
    retry_at,
    sentence,
)
from nimbus.services.account_log import record
from nimbus.services.cool_down import Why, begin_cooldown
from nimbus.services.cooldown_calls import CALLS, called_for
from nimbus.services.observe_domain import doubt_domain
from nimbus.services.outlet import REFUSALS, Inbox, SmtpSignIn
from nimbus.services.send_ledger import Claimed, mark_failed, put_back
from nimbus.services.sender_turn import SenderTurn

SERVER_RESTS = timedelta(
    minutes=1
)  # an inbox whose server could not be used: not each message has to find that out
_OF_A_MESSAGE = frozenset({Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal with what it means: why, in a sentence, and the server's own line."""

    category: Category
    said: str
    line: str
    stage: Stage
    code: FailureCode
    detail: dict[str, str]
    retry_after: datetime | None

    @property
    def effect(self) -> Effect:
        return EFFECTS[self.category]


def settle(turn: SenderTurn, inbox: Inbox, claimed: Claimed, error: SendRefused) -> bool:
    """Record a refusal and what follows from it; whether the inbox's next message may be tried."""
    refusal, moment = _understood(inbox, claimed, error), now()
    again = retry_at(refusal.category, claimed.attempts, moment, since=claimed.dated_at)
    until = _cool_down(inbox, claimed, refusal)
    goes_on = refusal.stage in _OF_A_MESSAGE and until is None
    if refusal.effect is Effect.WAIT:
        until = until or _make_wait(turn, inbox, claimed, refusal)
        again = until if again else None
        goes_on = False
    elif until is not None:
        again = max(until, again) if again else None
    elif refusal.effect is Effect.BLOCKED:
        _log(claimed, refusal, EventTone.WARN)
    elif refusal.effect is Effect.SIGN_IN and inbox.smtp:
        again = _refuse_sign_in(inbox.smtp, claimed, refusal, moment)
        # After the last one the inbox's state holds it, and only until somebody has repaired that.
        if inbox.smtp.refusals + 1 < SIGN_IN_TRIES:
            turn.hold(again)
        goes_on = False
    elif not goes_on and refusal.effect is not Effect.SIGN_IN:  # a lost sign-in stops the inbox by itself
        turn.hold(moment + SERVER_RESTS)
    _settle_message(claimed, refusal, again)
    if refuses_domain(refusal.category, refusal.line):
        doubt_domain(claimed.workspace_id, claimed.account_id)
    return goes_on


def put_off(claimed: Claimed, said: str) -> None:
    """Something else than the server kept it from leaving: try again later, for as long as any message is tried."""
    moment = now()
    again = retry_at(Category.CONNECTION, claimed.attempts, moment, since=claimed.dated_at)
    if again is None:
        mark_failed(claimed, Category.EXPIRED, said, "", is_ours=True)
    else:
        put_back(claimed, due_at=again, category=Category.CONNECTION, sentence=said, is_ours=True)


def _settle_message(claimed: Claimed, refusal: Refusal, again: datetime | None) -> None:
    if refusal.effect in {Effect.PERMANENT, Effect.BLOCKED}:
        mark_failed(claimed, refusal.category, refusal.said, refusal.line)
    elif again is None:
        mark_failed(claimed, Category.EXPIRED, sentence(Category.EXPIRED), refusal.line)
    else:
        put_back(claimed, due_at=again, category=refusal.category, sentence=refusal.said, line=refusal.line)


def _understood(inbox: Inbox, claimed: Claimed, error: SendRefused) -> Refusal:
    failure = error.failure
    category = error.category or classify(error.answer, error.stage, host=inbox.host)
    said = sentence(category, recipient=claimed.recipient, host=inbox.host)
    if inbox.smtp is None and category is Category.CONNECTION:
        said = NO_ANSWER.format(host=inbox.host)
    elif inbox.smtp and failure is not None and category in {Category.CONNECTION, Category.AUTH_LOGIN}:
        why = explain(failure.code, _attempted(inbox, inbox.smtp.login), failure.detail).sentence
        said = f"{why} It is tried again by itself."
    return Refusal(
        category,
        said,
        error.line,
        error.stage,
        failure.code if failure else FailureCode.AUTH_FAILED,
        dict(failure.detail) if failure else {},
        error.retry_after,
    )


def _attempted(inbox: Inbox, login: ServerLogin) -> Attempted:
    return Attempted(
        Leg.SMTP,
        login.host,
        login.port,
        login.security,
        sender=inbox.email,
        allow_old_tls=login.allow_old_tls,
        allow_unverified=login.allow_unverified,
    )


def _cool_down(inbox: Inbox, claimed: Claimed, refusal: Refusal) -> datetime | None:
    """Until when the inbox cools down because of this refusal; None where it does not, or does already."""
    if refusal.category not in CALLS:
        return None
    asked_for = refusal.retry_after - now() if refusal.retry_after else timedelta()
    paces = inbox.smtp is None and asked_for <= INBOX_WAITS[Category.THROTTLE]
    with _account_of(claimed) as (session, account):
        called = called_for(session, account, refusal.category, only_paces=paces)
        if called is None:
            return None
        cause = f"send:{claimed.id}:{claimed.attempts}"
        why = Why(cause, (*called.events, cause), _with_line(refusal), max(asked_for, timedelta()))
        return begin_cooldown(session, account, called.kind, why)


def _make_wait(turn: SenderTurn, inbox: Inbox, claimed: Claimed, refusal: Refusal) -> datetime:
    """The whole inbox waits without a cooldown: for a pace, for room in it, or suspended until a person has seen to it.

    An API that only asks for a slower pace has said nothing about the inbox: that is kept, and not recorded.
    """
    moment = now()
    paces = refusal.category is Category.THROTTLE and inbox.smtp is None
    usual = api_pause(claimed.attempts) if paces else INBOX_WAITS[refusal.category]
    until = refusal.retry_after or moment + usual
    if refusal.category is not Category.SUSPENDED:
        turn.hold(until)
    if not paces:
        with _account_of(claimed) as (session, account):
            tone = EventTone.WARN
            if refusal.category is Category.SUSPENDED:
                account.connection_state, tone = ConnectionState.SUSPENDED, EventTone.BAD
            record(session, account, refusal.category, _with_line(refusal), tone=tone)
    return until


def _refuse_sign_in(sign_in: SmtpSignIn, claimed: Claimed, refusal: Refusal, moment: datetime) -> datetime:
    """Count a refused sign-in; the third in a row marks the connection. When the message is tried again."""
    count = sign_in.refusals + 1
    with _account_of(claimed) as (session, account):
        server = session.get(MailServer, (account.id, str(Leg.SMTP)))
        # Should somebody have connected the inbox again meanwhile, it was another password that was refused.
        if server is not None and server.checked_at == sign_in.checked_at:
            server.failure_detail = {REFUSALS: count}
            if count >= SIGN_IN_TRIES:
                server.checked_at, server.failure_code = moment, refusal.code
                server.failure_detail = refusal.detail
                account.connection_state = ConnectionState.AUTH_FAILED
                said = f"Sending stopped: {sign_in.login.host} refused to let this inbox sign in {count} times in a row"
                record(session, account, "sign_in_refused", said, tone=EventTone.BAD)
    again = retry_at(Category.AUTH_LOGIN, count, moment)
    return again or moment + SERVER_RESTS


def forget_refusals(sign_in: SmtpSignIn, claimed: Claimed) -> None:
    """The sign-in worked: refusals before it do not count any more."""
    with _account_of(claimed) as (session, account):
        server = session.get(MailServer, (account.id, str(Leg.SMTP)))
        if server is not None and server.checked_at == sign_in.checked_at:
            server.failure_detail = {}


def _log(claimed: Claimed, refusal: Refusal, tone: EventTone) -> None:
    with _account_of(claimed) as (session, account):
        record(session, account, refusal.category, _with_line(refusal), tone=tone)


def _with_line(refusal: Refusal) -> str:
    return f"{refusal.said} The server said: {refusal.line}" if refusal.line else refusal.said


@contextmanager
def _account_of(claimed: Claimed) -> Iterator[tuple[Session, EmailAccountHealth]]:
    """The inbox in a write transaction of its own, its row locked."""
    with transaction() as session:
        account = session.scalars(
            sa.select(EmailAccountHealth)
            .where(
                EmailAccountHealth.workspace_id == claimed.workspace_id,
                EmailAccountHealth.id == claimed.account_id,
            )
            .options(selectinload(EmailAccountHealth.domain))
            .with_for_update()
        ).one()
        yield session, account
