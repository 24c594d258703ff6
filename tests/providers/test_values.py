"""Values that travel to a provider: secrets stay hidden, line breaks stay out."""

import copy
import json
import pickle

import pytest

from nimbus.providers.contract import Secret, ServerLogin, UnsafeTextError, refuse_line_breaks
from nimbus.rules.connection_test import Security


def test_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")

    assert secret.reveal() == "hunter2"
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>10}", f"{[secret]}"):
        assert "hunter2" not in shown


def test_secret_is_not_written_anywhere() -> None:
    for write in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            write(Secret("hunter2"))


def test_login_prints_without_its_password() -> None:
    login = ServerLogin(
        host="mail.test", port=465, security=Security.SSL, username="ann", password=Secret("hunter2")
    )

    assert "hunter2" not in repr(login)


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\0b", "\r\n"])
def test_line_break_is_refused_without_repeating_the_text(text: str) -> None:
    with pytest.raises(UnsafeTextError) as refused:
        refuse_line_breaks("fine", text)

    assert text not in str(refused.value)
