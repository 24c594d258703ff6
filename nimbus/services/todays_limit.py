"""How many mails an inbox may send today, from what its row says."""

from datetime import datetime
from typing import Any

from nimbus.clock import local_day, now
from nimbus.models import EmailAccountHealth
from nimbus.rules.effective_limit import EffectiveLimit, LimitFacts, effective_limit, provider_limit_lasts
from nimbus.rules.health_hold import HoldState
from nimbus.rules.levels import Level
from nimbus.rules.limit_ramp import HEALTHY_FROM
from nimbus.rules.mailbox_kinds import mailbox_kind
from nimbus.rules.providers import Provider
from nimbus.rules.send_limits import provider_cap

# The columns of an account that its number is read from.
SHAPE_THE_LIMIT = (
    "provider",
    "daily_send_limit",
    "is_personal",
    "stated_ceiling",
    "overall_score",
    "health_level",
    "hold_state",
    "health_cooldown_ends",
    "provider_limit_at",
    "sent_before_limit",
    "health_version",
)


def todays_limit(
    account: Any, *, domain: str, resumed_at: datetime | None, timezone: str, moment: datetime
) -> EffectiveLimit:
    """Today's number with its reasons. `account` has SHAPE_THE_LIMIT; an inbox that nothing has judged is not slipping.

    resumed_at: when the last pause of its sending domain ended, if there was one.
    """

    def is_today(ended: datetime | None) -> bool:
        return ended is not None and local_day(ended, timezone) == local_day(moment, timezone)

    is_enough = provider_limit_lasts(account.provider_limit_at, moment)
    return effective_limit(
        LimitFacts(
            kind=mailbox_kind(Provider(account.provider), domain),
            daily_send_limit=account.daily_send_limit,
            provider_cap=ceiling_of(account, domain),
            score=HEALTHY_FROM if account.overall_score is None else int(account.overall_score),
            level=Level(account.health_level),
            hold_state=HoldState(account.hold_state),
            is_first_day_after_pause=is_today(resumed_at),
            is_first_day_after_cooldown=is_today(account.health_cooldown_ends),
            sent_before_provider_limit=account.sent_before_limit if is_enough else None,
        )
    )


def ceiling_of(account: Any, domain: str) -> int:
    """The most mails in 24 hours that leave through an inbox, as its provider or its owner says."""
    provider, stated = Provider(account.provider), account.stated_ceiling
    return provider_cap(provider, domain, is_personal=account.is_personal, stated=stated)


def set_todays_limit(account: EmailAccountHealth, timezone: str) -> None:
    """Keep the number with the account, whose domain is loaded, after something that shapes it has changed."""
    domain = account.domain
    shaped = todays_limit(
        account, domain=domain.name, resumed_at=domain.resumed_at, timezone=timezone, moment=now()
    )
    account.effective_limit = shaped.limit
    account.health_version += 1
