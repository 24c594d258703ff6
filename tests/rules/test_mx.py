"""Whether mail to a domain arrives."""

import pytest

from nimbus.rules.dns_answers import Outcome
from nimbus.rules.mx import check_mx
from nimbus.rules.verdicts import Verdict
from tests.rules.answering import answered

ALIVE = {"mx.test A": ["192.0.2.1"]}


@pytest.mark.parametrize(
    ("zone", "verdict", "code"),
    [
        ({"acme.test MX": ["10 mx.test"]} | ALIVE, Verdict.PASS, "found"),
        ({"acme.test MX": ["5 dead.test", "10 mx.test"]} | ALIVE, Verdict.PASS, "found"),
        ({"acme.test MX": ["10 mx.test"], "mx.test AAAA": ["2001:db8::1"]}, Verdict.PASS, "found"),
        ({"acme.test A": ["192.0.2.1"]}, Verdict.PASS, "implicit"),
        ({"acme.test MX": ["0 ."]}, Verdict.FAIL, "null"),
        ({"acme.test MX": ["5 dead.test"]}, Verdict.FAIL, "dead"),
        ({"acme.test TXT": ["x"]}, Verdict.FAIL, "none"),
        ({}, Verdict.FAIL, "no_domain"),
        ({"acme.test MX": Outcome.FAILED}, Verdict.UNKNOWN, "no_answer"),
        ({"acme.test MX": Outcome.TIMED_OUT}, Verdict.UNKNOWN, "no_answer"),
        ({"acme.test MX": ["5 mx.test"], "mx.test A": Outcome.TIMED_OUT}, Verdict.UNKNOWN, "no_answer"),
        ({"acme.test TXT": ["x"], "acme.test A": Outcome.FAILED}, Verdict.UNKNOWN, "no_answer"),
        (
            {"acme.test MX": [*(f"5 d{n}.test" for n in range(9)), "9 mx.test"]} | ALIVE,
            Verdict.PASS,
            "found",
        ),
        (
            {"acme.test MX": [*(f"5 d{n}.test" for n in range(10)), "9 mx.test"]} | ALIVE,
            Verdict.FAIL,
            "dead",
        ),
    ],
)
def test_verdicts(zone, verdict, code):
    result = answered(check_mx("acme.test"), zone)

    assert (result.verdict, result.code) == (verdict, code)
