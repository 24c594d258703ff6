"""What is said of a domain's DKIM: by strength, by what signs its mail, and never by a guess that found nothing."""

import base64

import pytest

from nimbus.rules.dkim import check_dkim
from nimbus.rules.dns_answers import Outcome
from nimbus.rules.verdicts import Verdict
from tests.rules.answering import answered
from tests.rules.test_dkim_key import RAW, rsa_numbers, spelt


def key(bits):
    return f"v=DKIM1; p={spelt(rsa_numbers(bits))}"


def short_key(bits):
    """Libraries make no key of less than 1024 bits any more."""
    modulus = b"\x00" + ((1 << (bits - 1)) | 1).to_bytes(-(-bits // 8), "big")
    integer = bytes([0x02, 0x81, len(modulus)]) + modulus + b"\x02\x03\x01\x00\x01"
    return f"p={base64.b64encode(bytes([0x30, 0x81, len(integer)]) + integer).decode()}"


def checked(keys, selectors=("google", "s1"), observed=()):
    zone = {
        f"{name}._domainkey.acme.test TXT": found if isinstance(found, Outcome) else [found]
        for name, found in keys.items()
    }
    return answered(check_dkim("acme.test", selectors, observed), zone)


@pytest.mark.parametrize(
    ("keys", "verdict", "code"),
    [
        ({"google": key(2048)}, Verdict.PASS, "found"),
        ({"google": key(2047)}, Verdict.WARN, "short"),
        ({"google": key(1024)}, Verdict.WARN, "short"),
        ({"google": short_key(1023)}, Verdict.FAIL, "weak"),
        ({"google": "v=DKIM1; p="}, Verdict.FAIL, "revoked"),
        ({"google": "v=DKIM1; p=x"}, Verdict.FAIL, "unreadable"),
        ({"google": f"t=y; k=ed25519; p={RAW}"}, Verdict.WARN, "test_mode"),
        ({"google": f"k=ed25519; p={RAW}"}, Verdict.PASS, "found"),
        ({}, Verdict.UNKNOWN, "not_found"),
        ({"google": "v=spf1 -all"}, Verdict.UNKNOWN, "not_found"),
        ({"google": "v=DKIM1; p=", "s1": key(2048)}, Verdict.PASS, "found"),
        ({"google": Outcome.FAILED}, Verdict.UNKNOWN, "no_answer"),
        ({"google": Outcome.TIMED_OUT, "s1": key(2048)}, Verdict.PASS, "found"),
        ({"google": Outcome.TIMED_OUT, "s1": "v=DKIM1; p="}, Verdict.UNKNOWN, "no_answer"),
    ],
)
def test_verdicts(keys, verdict, code):
    result = checked(keys).result

    assert (result.verdict, result.code) == (verdict, code)


def test_a_key_of_512_bits_fails():
    result = checked({"google": short_key(512)}).result

    assert (result.verdict, result.code) == (Verdict.FAIL, "weak")
    assert result.found == ("google: RSA, 512 bits",)


def test_what_signs_the_mail_decides_over_what_was_guessed():
    keys = {"google": key(2048), "s1": "v=DKIM1; p="}

    assert checked(keys, observed=("s1",)).result.verdict is Verdict.FAIL
    assert checked(keys, observed=("google",)).result.verdict is Verdict.PASS
    assert checked(keys).selectors == ("google", "s1")


def test_a_selector_that_signs_and_is_not_in_dns_is_a_failure():
    result = checked({}, observed=("s1",)).result

    assert (result.verdict, result.code, result.is_temporary) == (Verdict.FAIL, "not_published", False)
