"""Changing several inboxes from the list: what is asked first, what is done, what is said, and how it is undone."""

import re

import pytest

from nimbus.models import EmailAccountHealth, HealthEvent
from tests.browse import Page
from tests.factories import make_email_account
from tests.web.reading import words

BULK = "/email-accounts/bulk"


@pytest.fixture
def ids(app, cast):
    """Two inboxes that warm up and one that is ready, with ceilings of 450, 450 and 270."""
    with app.app_context():
        acme = cast.alice.workspace_id
        return [
            make_email_account(acme, "ava@acme.test", current_stage=1),
            make_email_account(acme, "ben@acme.test", current_stage=1, restriction="nurture"),
            make_email_account(acme, "cara@outlook.com", provider="microsoft"),
        ]


@pytest.fixture
def stored(read):
    """A column of every inbox, in the order of their ids."""

    def values(column):
        return [getattr(row, column) for row in sorted(read(EmailAccountHealth), key=lambda row: row.id)]

    return values


def form(html, action):
    """What the page's form to that address sends, as far as it is hidden."""
    part = next(each for each in html.split("<form")[1:] if f'action="{action}"' in each).partition(
        "</form>"
    )[0]
    fields = {}
    for tag, attrs in Page(f"<form{part}</form>").tags:
        if tag == "input" and attrs.get("type") == "hidden" and attrs["name"] != "csrf_token":
            fields.setdefault(attrs["name"], []).append(attrs["value"])
    return fields


def ask(browser, query):
    page = browser.get(f"{BULK}?{query}").text
    return form(page, BULK), words(page)


def undo_of(html):
    return re.search(r'action="(/undo/[^"]+)"', html)[1]


def test_the_page_before_names_the_number_the_change_and_some_of_the_inboxes(alice, ids):
    fields, page = ask(alice, "do=limit&scope=all&status=warming")

    assert "Set the daily limit of 2 inboxes?" in page
    assert "2 inboxes match (in Warming): ava@acme.test, ben@acme.test." in page
    assert fields == {"status": ["warming"], "do": ["limit"], "scope": ["all"], "count": ["2"]}


def test_ticked_inboxes_are_changed_and_undone_without_a_script(alice, ids, stored, read):
    fields, _ = ask(alice, f"do=limit&scope=these&id={ids[0]}&id={ids[2]}&sort=account")
    answer = alice.post(BULK, fields | {"daily_send_limit": "35"})
    assert (answer.status_code, answer.location) == (303, "/email-accounts?sort=account")
    page = alice.get(answer.location).text

    assert "Daily limit set to 35 for 2 inboxes. Undo" in words(page)
    assert stored("daily_send_limit") == [35, 20, 35]
    undone = alice.post(undo_of(page), follow=True).text
    assert "Undone: 2 inboxes as before." in words(undone)
    assert stored("daily_send_limit") == [20, 20, 20]
    assert stored("limit_mode") == ["automatic"] * 3
    assert "was undone already" in words(alice.post(undo_of(page), follow=True).text)
    assert len(read(HealthEvent)) == 4


TASKS = {
    "out": ({}, "is_active", False, "3 inboxes taken out of rotation."),
    "priority": (
        {"rotation_priority": "7"},
        "rotation_priority",
        7,
        "Rotation priority set to 7 for 3 inboxes.",
    ),
    "limit": ({"daily_send_limit": "0"}, "daily_send_limit", 0, "Daily limit set to 0 for 3 inboxes."),
}


@pytest.mark.parametrize("task", TASKS)
def test_each_task_changes_all_that_match_and_says_so(alice, ids, stored, task):
    typed, column, value, said = TASKS[task]
    before = stored(column)
    fields, _ = ask(alice, f"do={task}&scope=all")

    page = alice.post(BULK, fields | typed, follow=True).text

    assert said in words(page)
    assert stored(column) == [value] * 3
    alice.post(undo_of(page))
    assert stored(column) == before


def test_what_was_left_is_said_with_its_number_and_reason(alice, ids, stored):
    fields, _ = ask(alice, "do=limit&scope=all")
    page = words(alice.post(BULK, fields | {"daily_send_limit": "300"}, follow=True).text)
    assert "Daily limit set to 300 for 2 inboxes. Left as they were: 1 is capped at 270." in page

    fields, _ = ask(alice, "do=restrict&scope=all")
    page = words(alice.post(BULK, fields | {"restriction": "nurture"}, follow=True).text)
    assert "2 inboxes reserved for nurture. Left as they were: 1 is so already." in page
    assert stored("restriction") == ["nurture"] * 3

    fields, _ = ask(alice, "do=in&scope=all")
    page = alice.post(BULK, fields, follow=True).text
    assert "Nothing was changed. Left as they were: 3 are so already." in words(page)
    assert "/undo/" not in page


def test_a_wrong_value_is_refused_beside_its_field_and_nothing_changes(alice, ids, stored):
    for task, typed, said in (
        ("limit", {"daily_send_limit": "many"}, "Enter a whole number, 0 or more."),
        ("priority", {"rotation_priority": "1001"}, "Enter a number from 1 to 1000; lower goes first."),
        ("restrict", {}, "Not a valid choice"),
        ("tag", {"what": "tag", "name": " "}, "Enter a name."),
        ("tag", {"what": "client", "name": "x" * 41}, "Use at most 40 characters for a name."),
        ("tag", {"what": "tag", "name": "a, b"}, "Use one name, without a comma."),
    ):
        fields, _ = ask(alice, f"do={task}&scope=all")
        answer = alice.post(BULK, fields | typed)

        assert answer.status_code == 422, task
        assert said in words(answer.text), task
    assert stored("health_version") == [0, 0, 0]


def test_what_matches_by_now_is_asked_about_again_before_anything_changes(alice, app, cast, ids, stored):
    fields, _ = ask(alice, "do=out&scope=all&status=warming")
    with app.app_context():
        make_email_account(cast.alice.workspace_id, "new@acme.test", current_stage=0)

    answer = alice.post(BULK, fields)

    assert answer.status_code == 409
    assert "3 inboxes match now." in words(answer.text)
    assert stored("is_active") == [True] * 4
    alice.post(BULK, form(answer.text, BULK))
    assert stored("is_active") == [False, False, True, False]


def test_nothing_ticked_leads_back_to_the_list_with_a_sentence(alice, ids):
    page = alice.get(f"{BULK}?do=out&scope=these&status=warming", follow_redirects=True)

    assert "Tick some inboxes first, or choose all that match." in words(page.text)
    assert page.request.full_path == "/email-accounts?status=warming"


def test_an_unknown_task_or_id_changes_nothing(alice, ids, stored):
    assert alice.get(f"{BULK}?do=remove&scope=all").location == "/email-accounts"
    assert alice.post(BULK, {"do": "remove", "scope": "all"}).status_code == 400
    assert alice.post(BULK, {"do": "out", "scope": "these", "id": [str(ids[0])] * 101}).status_code == 400
    gone = words(alice.get(f"{BULK}?do=out&scope=these&id=999999").text)
    assert "None of them is there any more." in gone
    wrong = {"do": "out", "scope": "these", "id": ["abc", "-1", "99999999999", "999999", "٣"], "count": "1"}
    page = alice.post(BULK, wrong, follow=True)

    assert "Nothing was changed. Left as they were: 1 is no longer there." in words(page.text)
    assert stored("is_active") == [True] * 3


def test_tags_are_added_to_many_shown_and_undone(alice, ids):
    fields, _ = ask(alice, f"do=tag&scope=these&id={ids[0]}&id={ids[1]}")
    page = alice.post(BULK, fields | {"what": "client", "name": "Orbit Labs"}, follow=True).text
    assert "“Orbit Labs” added to 2 inboxes." in words(page)
    assert "ava@acme.test SMTP and IMAP · acme.test · Orbit Labs" in words(page)
    assert "1–2 of 2" in words(alice.get("/email-accounts?client=orbit+labs").text)

    refused = alice.post(BULK, fields | {"what": "tag", "name": "orbit labs"})
    assert refused.status_code == 422
    assert "“Orbit Labs” is a client already, so it cannot be a tag." in words(refused.text)
    alice.post(undo_of(page))
    assert "Orbit Labs" not in alice.get("/email-accounts").text


def test_undo_is_for_whom_it_was_offered_to(alice, browse, ids, stored):
    fields, _ = ask(alice, "do=out&scope=all")
    url = undo_of(alice.post(BULK, fields, follow=True).text)

    assert [browse(name).post(url).status_code for name in ("adam", "charlie", "vera")] == [404, 404, 403]
    assert alice.post("/undo/nothing").status_code == 404
    assert stored("is_active") == [False] * 3


def test_a_viewer_has_no_ticks_and_no_buttons(browse, ids):
    page = browse("vera").get("/email-accounts").text

    assert 'type="checkbox"' not in page
    assert BULK not in page
    assert browse("vera").get(f"{BULK}?do=out&scope=all").status_code == 403
