"""How a message says where to unsubscribe from it (RFC 2369), with one click where that works (RFC 8058)."""

import re
from html import escape
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

_BY_MAIL = re.compile(r"\s*unsubscribe[\s+]+([\w-]{40,600})\s*", re.IGNORECASE)
_NOT_PUBLIC = ("localhost", "local", "internal", "lan", "home.arpa", "test", "invalid", "example")


def one_click_base(base_url: str) -> str | None:
    """The address that links begin with, where everybody's mail service can reach it over https; None elsewhere."""
    parts = urlsplit(base_url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    return base_url.rstrip("/") if _is_public(parts.hostname) else None


def list_unsubscribe(mailbox: str, token: str, link: str | None) -> dict[str, str]:
    """The headers of one message. `mailbox` is the inbox that sends it; without a link only the form by mail is written.

    The form by mail carries the token, for what it writes answers nothing, and an address alone can be anybody's.
    """
    by_mail = f"<mailto:{quote(mailbox, safe='@+')}?subject=unsubscribe%20{token}>"
    if link is None:
        return {"List-Unsubscribe": by_mail}
    return {
        "List-Unsubscribe": f"<{link}>, {by_mail}",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def unsubscribe_token(subject: str) -> str:
    """The token in the subject of what the form by mail has written; empty without one."""
    found = _BY_MAIL.fullmatch(subject)
    return found[1] if found else ""


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
