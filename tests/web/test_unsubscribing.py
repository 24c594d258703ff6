"""The link to unsubscribe with, as a person and as a mail service follow it."""

import pytest

from nimbus.models import Suppression
from nimbus.security.unsubscribe_tokens import Unsubscriber, seal_token
from nimbus.services.rotate_keys import rotate_now
from tests.browse import Page
from tests.web.reading import words


@pytest.fixture
def link(app, cast):
    with app.app_context():
        return f"/u/{seal_token(Unsubscriber(cast.alice.workspace_id, 'zoe@example.com'))}"


def test_a_mail_service_ends_the_mail_with_one_request_and_nothing_else(app, link, read):
    client = app.test_client(use_cookies=False)
    headers = {"Origin": "https://mail.example.com", "Sec-Fetch-Site": "cross-site"}

    for body in ({"List-Unsubscribe": "One-Click"}, {}):
        answer = client.post(link, data=body, headers=headers)
        assert (answer.status_code, answer.location) == (200, None)

    assert [(row.email, row.reason, row.source) for row in read(Suppression)] == [
        ("zoe@example.com", "opt_out", "the unsubscribe link")
    ]


def test_a_form_in_parts_is_taken_as_well(app, link, read):
    answer = app.test_client().post(
        link, data={"List-Unsubscribe": "One-Click"}, content_type="multipart/form-data"
    )

    assert (answer.status_code, len(read(Suppression))) == (200, 1)


def test_looking_at_the_link_changes_nothing_and_shows_one_button(app, link, read):
    page = app.test_client().get(link)
    [form] = [attrs for tag, attrs in Page(page.text).tags if tag == "form"]

    assert (page.status_code, form["action"], form["method"]) == (200, link, "post")
    assert "zoe@example.com" not in page.text
    assert read(Suppression) == []
    assert app.test_client().head(link).status_code == 200
    assert read(Suppression) == []


def test_the_button_works_for_somebody_who_never_signed_in(app, link, read):
    page = app.test_client().post(link, data={"List-Unsubscribe": "One-Click"})

    assert "You are unsubscribed" in words(page.text)
    assert len(read(Suppression)) == 1


@pytest.mark.parametrize("path", ["/u/x", "/u/" + "A" * 80, "/u/" + "A" * 2000, "/u/%E9"])
def test_a_link_that_is_not_complete_says_so_and_changes_nothing(app, cast, path, read):
    for ask in (app.test_client().get, app.test_client().post):
        answer = ask(path)
        assert answer.status_code == 404
        assert "This link is not complete" in answer.text
    assert read(Suppression) == []


def test_the_link_works_after_every_key_of_the_workspace_was_replaced(app, link, cast, read):
    with app.app_context():
        rotate_now()

    assert app.test_client().post(link).status_code == 200
    assert len(read(Suppression)) == 1
