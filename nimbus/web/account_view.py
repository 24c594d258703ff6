"""An account as the pages show it: plain values, the status in words, and where its action leads."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from nimbus.clock import next_midnight, now
from nimbus.models import EmailAccountHealth, MailServer
from nimbus.models.account_queries import AccountRow
from nimbus.rules.campaign_types import Restriction
from nimbus.rules.connection_failure import Attempted, Explanation, FailureCode, explain
from nimbus.rules.connection_test import Leg, Security
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_status import Action, InboxFacts, InboxStatus, judge_status
from nimbus.rules.level_texts import why_held
from nimbus.rules.providers import PROVIDER_NAMES, ConnectionState, Provider
from nimbus.rules.rates import Rate
from nimbus.rules.roles import Permission
from nimbus.services.todays_limit import ceiling_of
from nimbus.web.access import person_may
from nimbus.web.domain_links import paused_url

LEG_TITLES = {Leg.SMTP: "Sending (SMTP)", Leg.IMAP: "Replies (IMAP)"}
SECURITY_WORDS = {Security.SSL: "SSL", Security.STARTTLS: "STARTTLS", Security.NONE: "not encrypted"}

_ACTION_LABELS = {
    Action.RECONNECT: "Reconnect",
    Action.PUT_BACK: "Put back",
    Action.OPEN: "Open",
    Action.SEE_CAUSE: "See cause",
    Action.CHOOSE_FOLDER: "See why",
    Action.OPEN_DOMAIN: "Open domain",
}
_FOR_OPERATORS = {Action.RECONNECT, Action.PUT_BACK}


@dataclass(frozen=True, slots=True)
class StatusView:
    """The status chip: word, reason, and a link to the page where the action is."""

    key: str
    word: str
    tone: str
    icon: str
    reason: str
    action_label: str | None
    action_url: str | None


@dataclass(frozen=True, slots=True)
class LegView:
    """One leg of the connection."""

    key: str
    title: str
    host: str
    port: int
    security_word: str
    username: str
    ok: bool
    checked_at: datetime
    problem: str | None


class AccountView:
    """What templates know of an account. Attributes of the row itself are passed through."""

    def __init__(self, row: AccountRow, timezone: str, *, domain_inboxes: int | None = None) -> None:
        self._account = row.account
        self.sent_today = row.sent_today
        self.domain_inboxes = domain_inboxes
        self.domain_name = row.account.domain.name
        self.provider_name = PROVIDER_NAMES[Provider(row.account.provider)]
        self.provider_cap = ceiling_of(row.account, self.domain_name)
        self.resets_at = next_midnight(now(), timezone)
        self.legs = [_leg_view(server) for server in sorted(row.account.servers, key=_sending_first)]
        self.imap_folder = next(
            (server.folder for server in row.account.servers if server.leg == Leg.IMAP), None
        )
        self.status = _status_view(row.account, judge_status(self._facts(timezone)))

    def __getattr__(self, name: str) -> object:
        return getattr(self._account, name)

    def _facts(self, timezone: str) -> InboxFacts:
        account = self._account
        problems = {leg.key: leg.problem for leg in self.legs}
        return InboxFacts(
            now=now(),
            timezone=timezone,
            connection_state=ConnectionState(account.connection_state),
            sending_problem=problems.get(Leg.SMTP),
            replies_problem=problems.get(Leg.IMAP) or account.sync_problem,
            domain_name=self.domain_name,
            domain_pause_reason=account.domain.pause_reason,
            server_pause_reason=account.server_pause_reason,
            is_active=account.is_active,
            is_active_changed_at=account.is_active_changed_at,
            is_active_changed_by=account.is_active_changed_by,
            cooldown_until=account.cooldown_until,
            cooldown_kind=CooldownKind(account.cooldown_kind) if account.cooldown_kind else None,
            waits_for_owner=account.needs_acknowledgement,
            hold_state=HoldState(account.hold_state),
            rates=why_held(
                bounces=Rate(account.bounce_count, account.bounce_of),
                complaints=Rate(account.complaint_count, account.complaint_of),
            ),
            sent_today=self.sent_today,
            todays_limit=account.todays_limit,
            current_stage=account.current_stage,
            score=None if account.overall_score is None else int(account.overall_score),
            restriction=Restriction(account.restriction),
        )


def explain_server(server: MailServer) -> Explanation | None:
    """Why a leg failed at its last check, in words; None while it works."""
    if server.failure_code is None:
        return None
    attempted = Attempted(
        Leg(server.leg), server.host, server.port, Security(server.security), folder=server.folder or "INBOX"
    )
    return explain(FailureCode(server.failure_code), attempted, server.failure_detail)


def _sending_first(server: MailServer) -> bool:
    return server.leg == Leg.IMAP


def _leg_view(server: MailServer) -> LegView:
    failure = explain_server(server)
    return LegView(
        key=server.leg,
        title=LEG_TITLES[Leg(server.leg)],
        host=server.host,
        port=server.port,
        security_word=SECURITY_WORDS[Security(server.security)],
        username=server.username,
        ok=failure is None,
        checked_at=server.checked_at,
        problem=failure.title if failure else None,
    )


def _status_view(account: EmailAccountHealth, status: InboxStatus) -> StatusView:
    label = url = None
    account_id = account.id
    action = None if status.action in _FOR_OPERATORS and not person_may(Permission.OPERATE) else status.action
    if action == Action.RECONNECT:
        url = url_for("reconnect.form", account_id=account_id)
    elif action == Action.CHOOSE_FOLDER:
        url = url_for("email_accounts.show", account_id=account_id, _anchor="replies")
    elif action == Action.SEE_CAUSE:
        url = url_for("email_accounts.show", account_id=account_id, _anchor="health")
    elif action == Action.OPEN_DOMAIN:
        url = paused_url(account.domain)
    elif action == Action.OPEN:
        url = url_for("email_accounts.show", account_id=account_id, _anchor="cooldown")
    elif action is not None:
        url = url_for("email_accounts.show", account_id=account_id)
    if action is not None:
        label = _ACTION_LABELS[action]
    return StatusView(status.key, status.word, status.tone, status.icon, status.reason, label, url)
