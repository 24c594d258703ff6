"""How a message says where to unsubscribe from it (RFC 2369), with one click where that works (RFC 8058)."""

from html import escape
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

_NOT_PUBLIC = ("localhost", "local", "internal", "lan", "home.arpa", "test", "invalid", "example")


def one_click_base(base_url: str) -> str | None:
    """The address that links begin with, where everybody's mail service can reach it over https; None elsewhere."""
    parts = urlsplit(base_url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    return base_url.rstrip("/") if _is_public(parts.hostname) else None


def list_unsubscribe(mailbox: str, link: str | None) -> dict[str, str]:
    """The headers of one message. `mailbox` is the inbox that sends it; without a link only the form by mail is written."""
    by_mail = f"<mailto:{quote(mailbox, safe='@+')}?subject=unsubscribe>"
    if link is None:
        return {"List-Unsubscribe": by_mail}
    return {
        "List-Unsubscribe": f"<{link}>, {by_mail}",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def opt_out_line(link: str | None) -> str:
    """What stands under the words of a campaign's message, for a person to see; without a link they answer."""
    if link is None:
        return "If you want no more mail from me, answer with the word unsubscribe."
    return f"No more mail from me: {link}"


def opt_out_html(link: str | None) -> str:
    """The same as HTML."""
    if link is None:
        return f"<p>{escape(opt_out_line(None))}</p>"
    return f'<p><a href="{escape(link)}">No more mail from me</a></p>'


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not any(host == name or host.endswith(f".{name}") for name in _NOT_PUBLIC)
