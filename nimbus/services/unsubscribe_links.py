"""What a message carries so that its recipient can end the mail: the headers, and the link for its text."""

from nimbus.rules.unsubscribe import list_unsubscribe, one_click_base
from nimbus.security.unsubscribe_tokens import Unsubscriber, seal_token
from nimbus.settings import current_settings


def unsubscribe_link(workspace_id: int, recipient: str) -> str | None:
    """The link of one recipient; None while NIMBUS_BASE_URL is no public https address."""
    base = one_click_base(current_settings().base_url)
    return base and f"{base}/u/{seal_token(Unsubscriber(workspace_id, recipient.lower()))}"


def unsubscribe_headers(workspace_id: int, recipient: str, *, mailbox: str) -> dict[str, str]:
    """List-Unsubscribe, and List-Unsubscribe-Post where one click works; `mailbox` is the inbox that sends."""
    return list_unsubscribe(mailbox, unsubscribe_link(workspace_id, recipient))
