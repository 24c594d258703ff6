"""The token by which a message's recipient ends the mail, and the link that carries it."""

from nimbus.rules.unsubscribe import one_click_base
from nimbus.security.unsubscribe_tokens import Unsubscriber, seal_token
from nimbus.settings import current_settings


def token_of(workspace_id: int, recipient: str) -> str:
    """What proves that a message of ours came to this recipient."""
    return seal_token(Unsubscriber(workspace_id, recipient.lower()))


def unsubscribe_link(token: str) -> str | None:
    """The link with this token; None while NIMBUS_BASE_URL is no public https address."""
    base = one_click_base(current_settings().base_url)
    return base and f"{base}/u/{token}"
