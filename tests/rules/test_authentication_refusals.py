"""Which refusals say that nothing vouches for the sending domain."""

import pytest

from nimbus.rules.authentication_refusals import refuses_domain
from nimbus.rules.send_answers import Category, Stage, classify


@pytest.mark.parametrize(
    ("line", "refuses"),
    [
        ("550-5.7.26 The sender is unauthenticated, and mail from it was blocked", True),
        ("550 5.7.515 Access denied, the domain does not meet the required authentication level", True),
        ("550 5.7.32 The From address is not aligned", True),
        ("421-4.7.32 The From address is not aligned with SPF or DKIM", True),
        ("421 4.7.26 This mail is unauthenticated and was slowed down", True),
        ("550-5.7.25 The address that sends this has no PTR record", False),
        ("550 5.7.29 This message came without TLS", False),
        ("421-4.7.28 An unusual rate of unsolicited mail", False),
        ("421 4.7.0 Try again later", False),
        ("550 5.7.1 This looks like spam", False),
        ("550 5.1.1 No such user", False),
    ],
)
def test_a_refusal_is_about_the_domain_only_where_it_names_its_authentication(line, refuses):
    assert refuses_domain(classify(line, Stage.BODY), line) is refuses


def test_a_message_that_was_taken_refuses_nothing():
    assert not refuses_domain(None, "250 2.0.0 4.7.32")
    assert refuses_domain(Category.BLOCK_AUTH, "")
