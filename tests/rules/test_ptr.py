"""Whether a mail server's address has a name that leads back to it."""

import ipaddress

import pytest

from nimbus.rules.dns_answers import Outcome
from nimbus.rules.ptr import check_ptr
from nimbus.rules.verdicts import Verdict
from tests.rules.answering import answered

BACK = "1.2.0.192.in-addr.arpa PTR"


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [
        ({BACK: ["mail.acme.test"], "mail.acme.test A": ["192.0.2.1"]}, Verdict.PASS),
        ({BACK: ["x.test", "mail.acme.test"], "mail.acme.test A": ["192.0.2.1"]}, Verdict.PASS),
        ({BACK: ["mail.acme.test"], "mail.acme.test A": ["192.0.2.2"]}, Verdict.FAIL),
        ({}, Verdict.FAIL),
        ({BACK: Outcome.TIMED_OUT}, Verdict.UNKNOWN),
        ({BACK: ["mail.acme.test"], "mail.acme.test A": Outcome.FAILED}, Verdict.UNKNOWN),
        ({BACK: [*"abcd", "mail.acme.test"], "mail.acme.test A": ["192.0.2.1"]}, Verdict.PASS),
        ({BACK: [*"abcde", "mail.acme.test"], "mail.acme.test A": ["192.0.2.1"]}, Verdict.FAIL),
    ],
)
def test_verdicts(zone, verdict):
    assert answered(check_ptr([ipaddress.ip_address("192.0.2.1")]), zone).verdict is verdict


def test_without_a_server_of_one_s_own_there_is_nothing_to_check():
    assert not answered(check_ptr([]), {}).applies
