"""Whether anything takes mail for a domain, by its MX records, or by its addresses where it has none (RFC 5321 5.1)."""

from collections.abc import Sequence

from nimbus.security.outbound_socket import Deadline


def takes_mail(domain: str, resolvers: Sequence[tuple[str, int]], deadline: Deadline) -> bool | None:
    """False when the domain certainly has no mail server; None when the name servers did not say.

    resolvers: the operator's name servers; without any, those of the system. A null MX (RFC 7505) is a certain no.
    """
    # Here and not above, as in outbound_lookup: large, and most processes never ask.
    import dns.exception
    import dns.nameserver
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver(configure=not resolvers)
    except dns.resolver.NoResolverConfiguration:
        return None
    if resolvers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in resolvers]
    unanswered = False
    for kind in ("MX", "A", "AAAA"):
        try:
            answer = resolver.resolve(
                f"{domain}.", kind, raise_on_no_answer=False, search=False, lifetime=deadline.remaining()
            )
        except dns.resolver.NXDOMAIN:
            return False
        except (dns.exception.DNSException, TimeoutError):
            unanswered = True
        else:
            records = list(answer.rrset or ())
            if records:
                return kind != "MX" or any(str(record.exchange) != "." for record in records)
    return None if unanswered else False
