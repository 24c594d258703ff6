"""A certificate authority of the tests' own, and server certificates, good and bad, signed by it."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = ("mail.test", "localhost")
ADDRESSES = ("127.0.0.1", "::1")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ServerCertificate:
    """A server's chain and key as PEM, and the two ways a server wants them: files, or a context."""

    chain: bytes
    key: bytes

    def write(self, directory: Path) -> tuple[Path, Path]:
        """Write server.pem and server.key into the directory; returns both paths."""
        chain, key = directory / "server.pem", directory / "server.key"
        chain.write_bytes(self.chain)
        key.touch(mode=0o600)
        key.write_bytes(self.key)
        return chain, key

    def server_context(self, directory: Path) -> ssl.SSLContext:
        """A server's TLS context, current versions only; Python reads chain and key from files in the directory."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.write(directory))
        return context


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _unsigned(
    subject: str, public_key: ec.EllipticCurvePublicKey, *, authority: bool
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True
        )
        .add_extension(_key_usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _for_server(
    hosts: Sequence[str], addresses: Sequence[str], key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    names = [x509.DNSName(host) for host in hosts] + [x509.IPAddress(ip_address(a)) for a in addresses]
    return (
        _unsigned(hosts[0], key.public_key(), authority=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ServerCertificate:
    return ServerCertificate(
        chain=certificate.public_bytes(Encoding.PEM),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


@dataclass(frozen=True)
class Authority:
    """A throw-away authority: clients that trust `pem` trust what `issue` returns."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def certificate(self) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            _unsigned("Authority of the tests", self.key.public_key(), authority=True)
            .issuer_name(_name("Authority of the tests"))
            .not_valid_before(now - 400 * _DAY)
            .not_valid_after(now + 30 * _DAY)
            .sign(self.key, SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def client_context(self) -> ssl.SSLContext:
        """A client's context that trusts this authority alone."""
        return ssl.create_default_context(cadata=self.pem.decode("ascii"))

    def issue(
        self,
        hosts: Sequence[str] = HOSTS,
        addresses: Sequence[str] = ADDRESSES,
        *,
        from_day: int = -1,
        until_day: int = 30,
    ) -> ServerCertificate:
        """A server certificate for these names and addresses; the days count from today, negative is past."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = (
            _for_server(hosts, addresses, key)
            .issuer_name(self.certificate.subject)
            .not_valid_before(now + from_day * _DAY)
            .not_valid_after(now + until_day * _DAY)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, SHA256())
        )
        return _pem(certificate, key)

    def expired(self) -> ServerCertificate:
        """Right names, right signature, over since yesterday."""
        return self.issue(from_day=-100, until_day=-1)

    def wrong_name(self) -> ServerCertificate:
        """In date and well signed, but for somebody else."""
        return self.issue(["somebody-else.test"], [])


def self_signed(hosts: Sequence[str] = HOSTS, addresses: Sequence[str] = ADDRESSES) -> ServerCertificate:
    """A certificate that vouches for itself, as many small hosts still have."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    certificate = (
        _for_server(hosts, addresses, key)
        .issuer_name(_name(hosts[0]))
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
        .sign(key, SHA256())
    )
    return _pem(certificate, key)
