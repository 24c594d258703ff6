"""Unsubscribe links show nobody's address, and are made by nobody else."""

import re

import pytest

from nimbus.security.unsubscribe_tokens import Unsubscriber, open_token, seal_token
from nimbus.services.unsubscribe_links import token_of, unsubscribe_link
from tests.conftest import test_settings

ZOE = Unsubscriber(7, "zoë@example.com")


@pytest.fixture
def public(app, tmp_path):
    """The same product at a public address."""
    app.extensions["nimbus.settings"] = test_settings(tmp_path, NIMBUS_BASE_URL="https://nimbus.acme.com")


def test_a_token_opens_to_what_was_sealed_and_shows_none_of_it(context):
    token = seal_token(ZOE)

    assert open_token(token) == ZOE
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert seal_token(ZOE) != token


@pytest.mark.parametrize("at", [0, 5, 20, -2])
def test_a_token_with_one_letter_changed_is_none(context, at):
    token = list(seal_token(ZOE))
    token[at] = "A" if token[at] not in "AEIMQUYcgkosw048" else "_"

    assert open_token("".join(token)) is None


@pytest.mark.parametrize("token", ["", "x", "AAAA", "A" * 39, "A" * 601, "é", "../..", "%00", "-" * 80])
def test_what_is_no_token_opens_to_nothing(context, token):
    assert open_token(token) is None


def test_a_token_of_another_installation_is_none(context, app, tmp_path):
    token = seal_token(ZOE)
    app.extensions["nimbus.settings"] = test_settings(
        tmp_path, NIMBUS_SECRET_KEY="another key, also long enough"
    )

    assert open_token(token) is None


def test_a_recipients_link_opens_to_them_where_the_product_has_a_public_address(context, public):
    link = unsubscribe_link(token_of(7, "Zoe@example.com"))

    token = re.fullmatch(r"https://nimbus\.acme\.com/u/([\w-]+)", link)[1]
    assert open_token(token) == (7, "zoe@example.com")


def test_without_a_public_address_there_is_no_link(context):
    assert unsubscribe_link(token_of(7, "zoe@example.com")) is None
