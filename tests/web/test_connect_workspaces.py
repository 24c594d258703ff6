"""A test belongs to one workspace: to everybody else it does not exist."""

import re

import pytest

from nimbus.models import ConnectionTest
from tests.browse import Page
from tests.connecting.form import FORM, filled
from tests.connecting.reading import Reading

REQUESTS = [("get", ""), ("post", "/fix"), ("post", "/stop")]
MISSING = 4711


@pytest.fixture
def begun(alice):
    return int(alice.post(FORM, filled()).location.rpartition("/")[2])


def answer(browser, method, url, *, htmx=False):
    """Status, headers and body; the token of forms, which is new every second, left out."""
    arguments = ({"fix": "try_again"},) if method == "post" else ()
    response = getattr(browser, method)(url, *arguments, htmx=htmx)
    body = re.sub(r'(name="csrf_token" value=|"X-CSRFToken": )"[^"]*"', "", response.text)
    return response.status_code, dict(response.headers) | {"Content-Length": None}, body


@pytest.mark.parametrize(("method", "tail"), REQUESTS)
@pytest.mark.parametrize("htmx", [False, True])
def test_test_of_another_workspace_is_answered_like_one_that_does_not_exist(
    browse, begun, method, tail, htmx
):
    charlie = browse("charlie")
    theirs, missing = (f"/email-accounts/connect/tests/{number}{tail}" for number in (begun, MISSING))

    found = answer(charlie, method, theirs, htmx=htmx)

    assert found[0] == 404
    assert found == answer(charlie, method, missing, htmx=htmx)


def test_stop_from_another_workspace_stops_nothing(browse, begun, read):
    browse("charlie").post(f"/email-accounts/connect/tests/{begun}/stop")

    assert read(ConnectionTest)[0].state == "queued"


def test_form_is_not_filled_from_another_workspaces_test(browse, begun):
    page = browse("charlie").get(f"{FORM}?from_test={begun}")

    assert Page(page.text).field("email").get("value", "") == ""
    assert "Kept until" not in Reading(page.text)


def test_passwords_of_another_workspaces_test_are_not_taken(browse, begun, read):
    empty = dict.fromkeys(("smtp_password", "imap_password"), "")

    response = browse("charlie").post(FORM, filled(from_test=str(begun), **empty))

    assert response.status_code == 422
    assert "Enter the password." in response.text
    assert len(read(ConnectionTest)) == 1


@pytest.mark.parametrize("from_test", ["0", "-1", "9" * 40, "1 OR 1=1", "１", "../1", "\0"])
def test_nonsense_instead_of_a_test_gives_an_empty_form(alice, begun, from_test):
    page = alice.get(FORM, query_string={"from_test": from_test})

    assert page.status_code == 200
    assert Page(page.text).field("email").get("value", "") == ""


def test_same_address_may_be_tested_in_two_workspaces(browse, begun, read, cast):
    response = browse("charlie").post(FORM, filled())

    assert response.status_code == 303
    assert {test.workspace_id for test in read(ConnectionTest)} == {
        cast.alice.workspace_id,
        cast.charlie.workspace_id,
    }
