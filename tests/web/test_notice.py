"""The operator's sentence on top of every page: for whoever is signed in, and as text."""

import pytest

NOTICE = "Tonight from 22:00 <we> move. [What to expect](https://status.example.com/a?b=1) is written down."


@pytest.fixture
def environ():
    return {"NIMBUS_NOTICE": NOTICE}


@pytest.mark.parametrize("path", ["/", "/email-accounts", "/help", "/settings/you"])
def test_every_page_of_somebody_signed_in_shows_the_notice_with_its_link(alice, path):
    text = alice.get(path).text

    assert "Tonight from 22:00 &lt;we&gt; move. <a " in text
    assert 'href="https://status.example.com/a?b=1">What to expect</a> is written down.' in text


def test_strangers_do_not_see_it(app, cast):
    assert "Tonight" not in app.test_client().get("/login").text


def test_without_a_link_the_sentence_stands_alone(settings):
    assert str(settings.notice) == NOTICE
    assert settings.notice.url == "https://status.example.com/a?b=1"
