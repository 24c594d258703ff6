"""Whether the providers whose applications are set up can be reached from this machine."""

import ssl

from nimbus.rules.installation_health import Health
from nimbus.security.outbound import (
    HTTPS,
    Deadline,
    NotAllowedError,
    OutboundPolicy,
    ServerNotFoundError,
    connect,
    encrypted,
    find_server,
)
from nimbus.security.tls import tls_context
from nimbus.services.check import Check
from nimbus.settings import Settings

SECONDS = 3.0
_PORT = 443
_TOKEN_HOSTS = {"google": "oauth2.googleapis.com", "microsoft": "login.microsoftonline.com"}
_TITLES = {"google": "Google", "microsoft": "Microsoft"}


def provider_checks(settings: Settings) -> list[Check]:
    """A line for each provider with an application; nothing is asked there but for a certificate."""
    wanted = {"google": settings.google_client_id, "microsoft": settings.microsoft_client_id}
    found = [_reached(provider, settings) for provider, client in wanted.items() if client]
    if found:
        return found
    sentence = "No application at Google or Microsoft is set up, so none has to be reached."
    return [Check("providers", Health.OK, "Providers", sentence)]


def _reached(provider: str, settings: Settings) -> Check:
    host, title = _TOKEN_HOSTS[provider], _TITLES[provider]
    try:
        protocol = _shake_hands(host, settings)
    except (NotAllowedError, ServerNotFoundError, OSError) as problem:
        sentence, advice = _told(problem, host)
        return Check(provider, Health.FAIL, title, sentence, advice=advice)
    return Check(provider, Health.OK, title, f"{host} answers, over {protocol}.")


def _shake_hands(host: str, settings: Settings) -> str:
    policy = OutboundPolicy.parse(settings.outbound_allow, settings.dns_resolvers)
    deadline = Deadline(SECONDS)
    server = find_server(host, _PORT, HTTPS, policy=policy, deadline=deadline)
    context = tls_context(ca_file=str(settings.ca_file) if settings.ca_file else None)
    with connect(server, deadline) as plain, encrypted(plain, context, server.name) as secured:
        return str(secured.version())


def _told(problem: Exception, host: str) -> tuple[str, str]:
    """What went wrong, and what to do about it."""
    if isinstance(problem, ServerNotFoundError):
        return f"{host} cannot be found.", "See to this machine's name servers, or set DNS_RESOLVERS."
    if isinstance(problem, NotAllowedError):
        return (
            f"The outbound gate does not let {host} through: its name leads to a private address.",
            "See to the name servers; a proxy of your own belongs in NIMBUS_OUTBOUND_ALLOW.",
        )
    if isinstance(problem, ssl.SSLCertVerificationError):
        return (
            f"What answers as {host} has a certificate that this machine does not trust.",
            "If a proxy of your own stands between, name its authority in NIMBUS_CA_FILE.",
        )
    if isinstance(problem, ssl.SSLError):
        return f"{host} answers, but encrypting fails.", f"See what stands between this machine and {host}."
    way_out = f"Let this machine out to {host}, port {_PORT}."
    if isinstance(problem, TimeoutError):
        return f"{host} did not answer within {SECONDS:.0f} s.", way_out
    return f"{host} cannot be reached.", way_out
