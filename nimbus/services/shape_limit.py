"""What a person says about an inbox's daily limit beside its number: that it moves by itself, and who else writes there."""

from nimbus.models import EventTone, Workspace
from nimbus.rules.limit_ramp import LimitMode, back_to_automatic, target_limit
from nimbus.rules.mailbox_kinds import mailbox_kind
from nimbus.rules.providers import Provider
from nimbus.rules.send_limits import RAMPS
from nimbus.services.account_log import Decided, record
from nimbus.services.asker import Asker
from nimbus.services.todays_limit import ceiling_of, set_todays_limit
from nimbus.services.update_account import changing, note_change


def use_automatic_limit(asker: Asker, account_id: int) -> int:
    """Let the limit move by itself again, from the typed number or from its stage's target; the number it goes on from."""
    with changing(asker, account_id) as (session, account):
        before = account.daily_send_limit
        if account.limit_mode == LimitMode.AUTOMATIC:
            return before
        kind = mailbox_kind(Provider(account.provider), account.domain.name)
        if kind in RAMPS:
            account.daily_send_limit = back_to_automatic(before, target_limit(kind, account.current_stage))
        account.limit_mode, after = LimitMode.AUTOMATIC, account.daily_send_limit
        set_todays_limit(account, session.get_one(Workspace, asker.workspace_id).timezone)
        decided = Decided(str(before), str(after), f"{asker.name} gave it back", {})
        said = f"Daily limit is automatic again, from {after} on"
        record(session, account, "limit", said, actor=asker.name, decided=decided)
        note_change(session, asker, account, daily_limit=f"automatic, from {before} to {after}")
        return after


def mark_personal(asker: Asker, account_id: int, *, is_personal: bool) -> int:
    """Say whether a person writes from an inbox as well; its ceiling from now on, which its limit keeps to at once."""
    with changing(asker, account_id) as (session, account):
        if account.is_personal == is_personal:
            return ceiling_of(account, account.domain.name)
        account.is_personal = is_personal
        before, cap = account.daily_send_limit, ceiling_of(account, account.domain.name)
        account.daily_send_limit = after = min(before, cap)
        set_todays_limit(account, session.get_one(Workspace, asker.workspace_id).timezone)
        said = "A person also writes from it" if is_personal else "No person writes from it any more"
        said = f"{said}: at most {cap:,} mails a day"
        if after < before:
            said = f"{said}, so its daily limit goes from {before} to {after}"
        decided = Decided(str(before), str(after), f"{asker.name} said so", {"ceiling": cap})
        tone = EventTone.WARN if after < before else EventTone.PLAIN
        record(session, account, "personal", said, tone=tone, actor=asker.name, decided=decided)
        shared = "yes" if is_personal else "no"
        note_change(session, asker, account, a_person_writes_too=shared, daily_limit=str(after))
        return cap
