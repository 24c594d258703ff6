"""What a server says is shown on one line, short, printable and without secrets."""

import pytest

from nimbus.providers.errors import ProviderError, Secrets, safe_line
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg, Step


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"535 5.7.8 Error: authentication failed\r\n", "535 5.7.8 Error: authentication failed"),
        (b"550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n", "550 5.7.1 one two three"),
        (b"550-one\r\n550 two\r\n", "550 one two"),
        (b"250", "250"),
        (b"BYE \x1b[31mred\x07 \x00end", "BYE [31mred end"),
        ("a\u202etxt.exe\u2066 b\u200f", "a txt.exe b"),
        (b"caf\xe9 \xc3\xa9", "caf\ufffd é"),
        (b"  many   blanks\t here ", "many blanks here"),
    ],
)
def test_line_is_one_printable_line(said: bytes | str, shown: str) -> None:
    assert safe_line(said) == shown


def test_line_ends_after_two_hundred_characters() -> None:
    assert len(safe_line("x" * 5000)) == 200
    assert safe_line("x" * 5000).endswith("…")


def test_secret_is_struck_out_as_typed_and_in_base64() -> None:
    secrets = Secrets("hunter  two")

    assert safe_line("no: hunter  two, aHVudGVyICB0d28=!", secrets) == "no: ••••, ••••!"


def test_very_short_secret_is_struck_out_only_where_it_stands_alone() -> None:
    assert Secrets("a").strike_out("a bad answer to a") == "•••• bad answer to ••••"


def test_no_secret_strikes_nothing() -> None:
    assert Secrets("").strike_out("as it was") == "as it was"


def test_error_says_where_and_why_and_no_more() -> None:
    error = ProviderError(
        FailureCode.AUTH_FAILED, leg=Leg.SMTP, step=Step.SIGN_IN, permanent=True, server_line="535"
    )

    assert str(error) == "smtp sign_in: auth_failed"
    assert error.detail == {}
