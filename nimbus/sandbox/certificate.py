"""The certificate of the practice world's mail servers: made at each start, trusted by whoever is given its file."""

import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from nimbus.clock import SystemClock

_VALID = timedelta(days=400)  # the clock of a rehearsal runs ahead, and TLS goes by the machine's


def make_certificate(directory: Path, hosts: tuple[str, ...]) -> tuple[Path, ssl.SSLContext]:
    """A certificate for these names and addresses that vouches for itself: its file, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    chain = _signed(key, hosts).public_bytes(Encoding.PEM)
    file, key_file = directory / "ca.pem", directory / "mail.key"
    file.write_bytes(chain)
    key_file.touch(mode=0o600)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return file, context


def _signed(key: ec.EllipticCurvePrivateKey, hosts: tuple[str, ...]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "NimbusOS practice world")])
    now = SystemClock().now()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
