"""Pages while the key file does not fit: everything can be read, nothing is taken."""

import pytest

from nimbus import create_app
from nimbus.extensions import db
from nimbus.security.instance_keys import new_key_text
from tests.browse import Browser
from tests.migrations.rows import read_rows
from tests.structure.test_routes import requests_of
from tests.web.reading import words

TITLE = "The key file does not fit: NimbusOS only reads"
PAGES = ("/", "/email-accounts", "/help", "/email-accounts/connect/smtp")


@pytest.fixture
def locked(app, settings, alice):
    """Alice's open session in the application as it starts with another key file."""
    settings.key_file.write_bytes(new_key_text())
    started = create_app(settings)
    browser = Browser(started)
    for cookie in alice.client._cookies.values():
        browser.client.set_cookie(cookie.key, cookie.value)
    browser.token = alice.token
    yield browser
    with started.app_context():
        db.engine.dispose()


def rows(app):
    with app.app_context(), db.engine.connect() as connection:
        return read_rows(connection)


@pytest.mark.parametrize("page", PAGES)
def test_an_open_session_reads_every_page_with_the_whole_sentence_on_top(locked, settings, page):
    answer = locked.get(page)

    assert answer.status_code == 200
    assert TITLE in answer.text
    assert f"The key file {settings.key_file} holds the key" in words(answer.text)


def test_a_stranger_reads_it_where_signing_in_is_asked_for(locked):
    page = locked.app.test_client().get("/login")

    assert page.status_code == 200
    assert "nobody can sign in" in words(page.text)


def test_signing_in_is_refused_with_the_sentence(locked, cast):
    form = {"email": cast.alice.email, "password": "a long enough password"}
    stranger = locked.app.test_client()
    answer = stranger.post("/login", data=form)

    assert answer.status_code == 503
    assert "Nothing can be changed now The key file " in words(answer.text)
    assert stranger.get("/").location.startswith("/login")


def test_every_request_that_changes_something_is_refused_before_anything_else(locked):
    before = rows(locked.app)
    unsafe = [(method, url) for method, url in requests_of(locked.app) if method not in {"GET", "HEAD"}]

    for method, url in [*unsafe, ("POST", "/nowhere")]:
        for headers in ({}, {"HX-Request": "true"}):
            # Without a token, from another site: whatever else is wrong with it, this comes first.
            answer = locked.client.open(
                url, method=method, headers=headers | {"Sec-Fetch-Site": "cross-site"}
            )
            assert answer.status_code == 503, url
            assert "Put the right key file back" in words(answer.text)
    assert len(unsafe) > 10
    assert rows(locked.app) == before


def test_reading_every_page_changes_nothing(locked):
    before = rows(locked.app)

    answers = {locked.client.open(url, method=method).status_code for method, url in requests_of(locked.app)}

    assert 200 in answers
    assert rows(locked.app) == before


def test_with_the_right_key_file_no_page_says_so(alice):
    assert TITLE not in alice.get("/").text
