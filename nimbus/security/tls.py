"""The one place that makes TLS contexts: verified and modern unless an account opted out."""

import ssl
from functools import lru_cache

from nimbus.security.outbound_socket import GuardedTLSSocket


@lru_cache(maxsize=16)
def tls_context(
    *,
    old_versions: bool = False,
    unverified: bool = False,
    any_name: bool = False,
    ca_file: str | None = None,
) -> ssl.SSLContext:
    """A client context, made once per process and trust setting; raises OSError for an unreadable `ca_file`.

    `old_versions` adds TLS 1.0 and 1.1 with their ciphers, `unverified` drops the certificate and name checks,
    `any_name` the name check alone: for asking whose certificate it is, never for a password.
    """
    context = ssl.create_default_context()
    context.sslsocket_class = GuardedTLSSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(ca_file)
    if old_versions:
        # The lowest that OpenSSL knows; SSL 3 stays off through the context's options.
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.check_hostname = not (unverified or any_name)
    if unverified:
        context.verify_mode = ssl.CERT_NONE
    return context
