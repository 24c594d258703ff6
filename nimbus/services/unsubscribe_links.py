"""The link by which a message's recipient ends the mail."""

from nimbus.rules.unsubscribe import one_click_base
from nimbus.security.unsubscribe_tokens import Unsubscriber, seal_token
from nimbus.settings import current_settings


def unsubscribe_link(workspace_id: int, recipient: str) -> str | None:
    """The link of one recipient; None while NIMBUS_BASE_URL is no public https address."""
    base = one_click_base(current_settings().base_url)
    return base and f"{base}/u/{seal_token(Unsubscriber(workspace_id, recipient.lower()))}"
