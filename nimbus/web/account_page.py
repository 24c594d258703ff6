"""Everything that the page of one account shows, read at one moment."""

from typing import Any

from nimbus.extensions import db
from nimbus.models import InboxHealthState
from nimbus.models.account_queries import AccountRow
from nimbus.services.engage import is_engaged
from nimbus.web.cooldown_view import cooldowns_of
from nimbus.web.domain_view import standing_of
from nimbus.web.forms.rest import RestForm
from nimbus.web.grant_view import grant_of
from nimbus.web.limit_view import limit_of
from nimbus.web.log_view import BRIEFLY, EMPTY, Tab, log_of
from nimbus.web.messages import messages_of
from nimbus.web.rate_view import basis_of, hold_of, rates_of
from nimbus.web.replies_view import replies_of
from nimbus.web.score_view import line_of, score_of
from nimbus.web.stage_view import stages_of
from nimbus.web.tags import AccountTags


def page_of(row: AccountRow, timezone: str) -> dict[str, Any]:
    """The page's parts by name, without its head."""
    account = row.account
    memory = db.session.get(InboxHealthState, account.id)
    lines, older = log_of(account.workspace_id, account.id, Tab.ALL, before=None, most=BRIEFLY)
    return {
        "limits": limit_of(account, timezone),
        "domain": standing_of(account.workspace_id, account.domain.name),
        "score": score_of(account),
        "line": line_of(account, timezone),
        "rates": rates_of(account),
        "basis": basis_of(account),
        "hold": hold_of(account, memory),
        "stages": stages_of(account, memory),
        "cooldowns": cooldowns_of(account),
        "rest": RestForm(timezone),
        "lines": lines,
        "older": older,
        "empty": EMPTY[Tab.ALL],
        "account_tags": AccountTags(account.id),
        "messages": messages_of(account.id),
        "replies": replies_of(account),
        "grant": grant_of(account.workspace_id, account.id),
        "engaged": is_engaged(db.session(), account.workspace_id, account.id),
    }
