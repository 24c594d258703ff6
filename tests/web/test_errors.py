"""What a person reads when a request fails."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from nimbus.security.instance_keys import KeyRing
from tests.factories import make_email_account
from tests.web.reading import words


@pytest.fixture
def database_url(request):
    """SQLite, unless a test asks for both databases."""
    return request.getfixturevalue("both_databases") if "both_databases" in request.fixturenames else None


@pytest.fixture
def ava(app, cast):
    with app.app_context():
        return make_email_account(cast.alice.workspace_id)


def test_an_unknown_page_is_a_page_and_tells_nothing(alice):
    response = alice.get("/nowhere/at/all")

    assert response.status_code == 404
    assert "Page not found It does not exist, or it belongs to another workspace." in words(response.text)
    assert "nowhere" not in words(response.text)


def test_an_unknown_page_asked_for_by_htmx_is_a_notice_and_no_page(alice):
    response = alice.get("/nowhere", htmx=True)

    assert response.status_code == 404
    assert response.text.lstrip().startswith('<div class="banner tone-bad" id="notice" role="alert">')


def test_a_wrong_method_names_the_right_ones(alice):
    response = alice.post("/help")

    assert response.status_code == 405
    assert "This address takes no such request" in words(response.text)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_form_without_its_token_changes_nothing(app, alice, ava, read):
    for token in ("", "forged", alice.token[:-1]):
        response = alice.client.post(
            f"/email-accounts/{ava}/limit", data={"csrf_token": token, "daily_send_limit": "30"}
        )
        assert response.status_code == 400
        assert "This form is too old or came from elsewhere." in words(response.text)
    assert read(EmailAccountHealth)[0].daily_send_limit == 20


def test_the_token_of_somebody_else_does_not_fit(browse, ava, read):
    alice, bob = browse("alice"), browse("bob")
    alice.token = bob.token

    assert alice.post(f"/email-accounts/{ava}/limit", {"daily_send_limit": "30"}).status_code == 400
    assert read(EmailAccountHealth)[0].daily_send_limit == 20


def test_a_form_sent_from_another_site_is_refused_although_its_token_fits(alice, ava, read):
    def send(site):
        form = {"csrf_token": alice.token, "daily_send_limit": "30"}
        url, headers = f"/email-accounts/{ava}/limit", {"Sec-Fetch-Site": site}
        return alice.client.post(url, data=form, headers=headers).status_code

    assert [send("cross-site"), send("same-site")] == [403, 403]
    assert read(EmailAccountHealth)[0].daily_send_limit == 20
    assert [send("none"), send("same-origin")] == [303, 303]
    assert read(EmailAccountHealth)[0].daily_send_limit == 30


def test_a_link_from_another_site_opens_a_page(alice):
    assert alice.get("/help", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_more_than_a_megabyte_is_refused(alice, ava):
    response = alice.post(f"/email-accounts/{ava}/limit", {"daily_send_limit": "x" * 1_100_000})

    assert response.status_code == 413
    assert "That was too much at once" in words(response.text)


def test_a_key_that_is_gone_is_said_plainly_and_shows_no_secret(app, alice, ava, tmp_path):
    app.extensions["nimbus.key_ring"] = KeyRing(tmp_path / "nowhere")
    response = alice.post(f"/email-accounts/{ava}/test")

    assert response.status_code == 500
    assert f"Neither {tmp_path}/nowhere nor a file beside it holds the instance key" in words(response.text)
    assert "gAAAA" not in response.text


@pytest.mark.parametrize("htmx", [False, True])
def test_a_broken_database_still_gives_a_page_that_says_so(both_databases, app, alice, ava, htmx):
    with app.app_context(), transaction() as session:
        session.execute(sa.text("ALTER TABLE mail_server RENAME TO lost"))
    response = alice.get(f"/email-accounts/{ava}", htmx=htmx)

    assert response.status_code == 500
    sentence = (
        "That did not work on our side Nothing was changed. Try again; the server's log has the details."
    )
    assert sentence in words(response.text).replace("&#39;", "'")
    assert "mail_server" not in response.text
    assert response.headers["X-Frame-Options"] == "DENY"


def test_a_database_that_is_gone_altogether_still_gives_that_page(app, alice):
    with app.app_context(), transaction() as session:
        session.execute(sa.text("ALTER TABLE user_session RENAME TO lost"))
    response = alice.get("/")

    assert response.status_code == 500
    assert "That did not work on our side" in words(response.text)


def test_after_a_failure_the_next_request_works(app, alice, ava):
    rename = "ALTER TABLE health_event RENAME TO {}"
    with app.app_context(), transaction() as session:
        session.execute(sa.text(rename.format("lost")))
    assert alice.get(f"/email-accounts/{ava}").status_code == 500

    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE lost RENAME TO health_event"))
    assert alice.get(f"/email-accounts/{ava}").status_code == 200
