"""A server without sign-in apps: the cards say so, and their pages have the exact steps."""

import pytest

from tests.connecting_oauth.conftest import CONNECT

BOTH = pytest.mark.parametrize(("path", "who"), [("gmail", "google"), ("microsoft", "microsoft")])


def test_the_cards_say_that_set_up_is_needed(alice):
    assert alice.get(CONNECT).text.count("Needs set-up.") == 2


@BOTH
def test_the_page_has_the_steps_and_the_address_to_register(alice, path, who):
    page = alice.get(f"{CONNECT}/{path}").text

    assert f'<code id="redirect-uri">http://127.0.0.1:8000/oauth/{who}/callback</code>' in page
    assert f'href="/integrations/{who}/edit"' in page


@BOTH
def test_an_operator_is_told_who_can_enter_the_app(browse, path, who):
    page = browse("bob").get(f"{CONNECT}/{path}").text

    assert "Owners can enter the app" in page
    assert "/edit" not in page


@BOTH
def test_the_way_there_leads_back_to_the_steps(alice, path, who):
    assert alice.get(f"{CONNECT}/{path}/leave").location == f"{CONNECT}/{path}"


@BOTH
def test_a_check_without_an_app_finds_nothing_to_try(alice, path, who):
    assert alice.post(f"/integrations/{who}/check", follow=True).status_code == 200
