"""What shapes an inbox's number of today, as its page shows it: the daily limit, and step by step what makes it less."""

from dataclasses import dataclass

from nimbus.clock import now
from nimbus.models import EmailAccountHealth
from nimbus.rules.effective_limit import LimitStep
from nimbus.rules.limit_ramp import LimitMode, save_limit, target_limit
from nimbus.rules.mailbox_kinds import MailboxKind, mailbox_kind
from nimbus.rules.providers import Provider
from nimbus.rules.send_limits import RAMPS
from nimbus.services.todays_limit import ceiling_of, todays_limit

_CONSUMERS = {
    MailboxKind.CONSUMER_GMAIL: "a personal mailbox at Google",
    MailboxKind.CONSUMER_OUTLOOK: "a personal mailbox at Microsoft",
}


@dataclass(frozen=True, slots=True)
class LimitView:
    """Today's number and how it came about; `cap` counts in any 24 hours."""

    today: int
    steps: tuple[LimitStep, ...]
    mode: str
    warning: str | None
    cap: int
    cap_reason: str


def limit_of(account: EmailAccountHealth, timezone: str) -> LimitView:
    """The limits of an account whose domain is loaded."""
    domain, resumed_at = account.domain.name, account.domain.resumed_at
    shaped = todays_limit(account, domain=domain, resumed_at=resumed_at, timezone=timezone, moment=now())
    kind, cap = mailbox_kind(Provider(account.provider), domain), ceiling_of(account, domain)
    target = target_limit(kind, account.current_stage) if kind in RAMPS else None
    is_manual = account.limit_mode == LimitMode.MANUAL
    warning = save_limit(account.daily_send_limit, target, cap).warning if is_manual else None
    mode = _mode(account, target, is_manual=is_manual)
    return LimitView(shaped.limit, shaped.steps, mode, warning, cap, _cap_reason(account, kind))


def _mode(account: EmailAccountHealth, target: int | None, *, is_manual: bool) -> str:
    if is_manual:
        return "It was set by hand, and stays."
    if target is None:
        return "Its own service decides how it grows."
    if account.daily_send_limit < target:
        return f"It grows by itself on healthy days, up to {target:,} at stage {account.current_stage}."
    return f"It is as high as stage {account.current_stage} lets it grow by itself."


def _cap_reason(account: EmailAccountHealth, kind: MailboxKind) -> str:
    if account.is_personal:
        return "a person also writes from it"
    if account.stated_ceiling is not None:
        return "as its owner stated"
    return _CONSUMERS.get(kind, "its provider's ceiling, with a reserve")
