"""Reading DKIM keys: kind, strength, revoked, and what is none."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.dkim_key import DkimKey, KeyProblem, read_key


def rsa_numbers(bits):
    """A modulus of exactly that length; it need not be a product of primes to be measured."""
    return rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) | 1).public_key()


def spelt(key, form=PublicFormat.SubjectPublicKeyInfo):
    return base64.b64encode(key.public_bytes(Encoding.DER, form)).decode()


RAW = base64.b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
@pytest.mark.parametrize("bits", [1024, 1536, 2048, 4096])
def test_the_strength_of_an_rsa_key_is_its_modulus(bits, form):
    assert read_key(f"v=DKIM1; k=rsa; p={spelt(rsa_numbers(bits), form)}") == DkimKey("rsa", bits)


def test_ed25519_has_a_length_of_its_own():
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    text = base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    assert read_key(f"v=DKIM1; k=ed25519; p={text}") == DkimKey("ed25519", 256)
    assert read_key(f"v=DKIM1; k=ed25519; p={text[:-4]}").problem is KeyProblem.UNREADABLE


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=DKIM1; p=", KeyProblem.REVOKED),
        ("p=;", KeyProblem.REVOKED),
        ("v=DKIM1; p=!!!", KeyProblem.UNREADABLE),
        ("v=DKIM1; p=AAAA", KeyProblem.UNREADABLE),
        (f"v=DKIM1; k=dsa; p={RAW}", KeyProblem.UNREADABLE),
        (f"v=DKIM1; k=ed25519; s=tlsrpt; p={RAW}", KeyProblem.OTHER_USE),
        (f"v=DKIM1; k=ed25519; h=sha1; p={RAW}", KeyProblem.OTHER_USE),
    ],
)
def test_why_a_key_is_of_no_use(text, problem):
    assert read_key(text).problem is problem


@pytest.mark.parametrize(
    "text", ["v=spf1 -all", "hello", "", "v=DKIM2; p=", "k=rsa; v=DKIM1; p=", "v=DKIM1; k=rsa", "p"]
)
def test_what_is_no_key_at_all(text):
    assert read_key(text) is None


def test_test_mode_spaces_and_several_services_are_understood():
    assert read_key(f" v = DKIM1 ; t=s:y; s=email:x; h=sha1:sha256; k=ed25519; p={RAW[:9]} {RAW[9:]}").is_test
    assert not read_key(f"t=s; k=ed25519; p={RAW}").is_test


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    key = read_key(f"p={base64.b64encode(data).decode()}")

    assert key.problem is not None or key.bits > 0
