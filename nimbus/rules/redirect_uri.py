"""Whether a provider takes an address to send people back to (`providers.md` 1.3 and 2.3)."""

from urllib.parse import urlsplit

from nimbus.rules.providers import Provider

_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def redirect_problem(provider: Provider, uri: str) -> str | None:
    """Why it cannot be registered there, and what to do; None where it can.

    Both ask for https. Without it Google takes this machine by name or number, Microsoft by the name localhost alone.
    """
    parts = urlsplit(uri)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return None
    if parts.hostname in _LOOPBACK:
        if provider is Provider.GMAIL:
            return None
        port = f":{parts.port}" if parts.port else ""
        return (
            "Microsoft takes plain http on localhost alone. Set NIMBUS_BASE_URL to "
            f"http://localhost{port} and open NimbusOS there, or give it an https address."
        )
    return "The provider sends people back to https addresses alone. Set NIMBUS_BASE_URL to one."
