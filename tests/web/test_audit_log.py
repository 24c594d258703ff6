"""Settings, Audit log: who did what, narrowed and page by page, for those who manage the members."""

from datetime import UTC, datetime

import pytest

from nimbus.database import transaction
from nimbus.models import AuditEvent
from nimbus.rules.audit import Action
from nimbus.services.audit import Object, record
from tests.factories import make_email_account
from tests.web.reading import links, words

URL = "/settings/audit"


@pytest.fixture
def write(app, cast):
    """Add a line to the log of Acme, at a moment."""

    def line(action=Action.ACCOUNT_CHANGED, *, workspace_id=None, at=None, **values):
        with app.app_context(), transaction() as session:
            line_id = record(session, action, workspace_id=workspace_id or cast.alice.workspace_id, **values)
            if at:
                session.get_one(AuditEvent, line_id).at = at

    return line


def test_what_people_do_is_read_newest_first_with_who_and_from_where(alice, ava):
    alice.post(f"{ava}/limit", {"daily_send_limit": "35"})
    alice.post(f"{ava}/rotation", {"is_active": "no"})

    page = words(alice.get(URL).text)
    first, second = page.index("Rotation: taken out"), page.index("Daily limit: from 20 to 35")
    assert first < second
    assert "Alice changed ava@acme.test Daily limit: from 20 to 35 from 127.0.0.1" in page


@pytest.mark.parametrize("person", ["bob", "vera"])
def test_nobody_else_reads_or_exports_it_and_the_attempt_is_a_line_of_it(browse, person):
    somebody = browse(person)

    assert somebody.get(URL).status_code == 403
    assert somebody.get(f"{URL}/export").status_code == 403
    assert somebody.post(f"{URL}/export").status_code == 403
    page = words(browse("adam").get(f"{URL}?action=access_refused").text)
    assert page.count(f"{person.capitalize()} was refused audit.index Method: GET") == 1
    assert page.count(f"{person.capitalize()} was refused audit.export Method: GET") == 1
    assert "Method: POST" not in page


def test_an_object_is_linked_while_it_exists(alice, ava, read):
    alice.post(f"{ava}/rotation", {"is_active": "no"})
    assert ava in links(alice.get(URL).text)

    alice.post(f"{ava}/remove")
    page = alice.get(URL)
    assert ava not in links(page.text)
    assert "Alice removed the inbox ava@acme.test" in words(page.text)


def test_another_workspaces_lines_people_and_objects_are_not_there(app, browse, cast, write):
    zenith = cast.charlie.workspace_id
    with app.app_context():
        theirs = make_email_account(zenith, "cleo@zenith.test")
    on = Object("email_account", theirs, "cleo@zenith.test")
    write(workspace_id=zenith, on=on)
    write(on=Object("email_account", theirs, "forged"))
    alice = browse("alice")

    page = alice.get(URL).text
    assert "cleo@zenith.test" not in page
    assert "Charlie" not in page
    assert f"/email-accounts/{theirs}" not in links(page)
    foreign, missing = (
        alice.get(f"{URL}?person={user_id}").text for user_id in (cast.charlie.user_id, 999_999)
    )
    assert words(foreign) == words(missing)


def test_the_log_is_narrowed_by_person_action_object_and_day(alice, cast, write):
    night = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # 2 March in Paris
    write(on=Object("email_account", 7, "Ava@acme.test"), at=night)
    write(Action.ROTATION_FINISHED, on=Object("key", "abc", "abc"))
    alice.post("/settings/workspace", {"name": "Acme", "timezone": "UTC"})
    alice.post("/settings/workspace", {"name": "Acme", "timezone": "Europe/Paris"})

    def found(query):
        return [name for name in ("Ava@acme.test", "abc", "Time zone") if name in log_text(query)]

    def log_text(query):
        return words(alice.get(f"{URL}?{query}").text.partition("</form>\n  ")[2])

    assert found("") == ["Ava@acme.test", "abc", "Time zone"]
    assert found(f"person={cast.alice.user_id}") == ["Time zone"]
    assert found("person=nimbus") == ["Ava@acme.test", "abc"]
    assert found("action=rotation_finished") == ["abc"]
    assert found("q=AVA") == found("since=2026-03-02&until=2026-03-02") == ["Ava@acme.test"]
    assert found("until=2026-03-01") == found("q=AVA&action=rotation_finished") == []


def test_older_lines_are_a_page_away_and_keep_the_filter(alice, write):
    for number in range(60):
        write(on=Object("page", number, f"line {number}."))
    first = alice.get(f"{URL}?q=line")
    assert "line 59." in first.text
    assert "line 9." not in first.text

    [older] = [link for link in links(first.text) if "before=" in link]
    second = alice.get(older)
    assert "line 9." in second.text
    assert "line 10." not in second.text
    assert f"{URL}?q=line" in links(second.text)
    assert not [link for link in links(second.text) if "before=" in link]


def test_each_kind_of_emptiness_leads_on(browse, alice, write):
    assert "Nothing yet" in words(browse("charlie").get(URL).text)

    write()
    filtered = alice.get(f"{URL}?person=nimbus&q=nothing")
    assert "Nothing matches" in words(filtered.text)
    assert URL in links(filtered.text)
    assert "Nothing is older" in words(alice.get(f"{URL}?before=1").text)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=yesterday", "Enter a day like 2026-03-31."),
        ("since=0001-01-01", "Enter a day from 2000 to 2099."),
        ("until=9999-12-31", "Enter a day from 2000 to 2099."),
        ("since=2026-03-02&until=2026-03-01", "This day is before the first one."),
        ("q=a%00b", "Remove the line break or control character."),
        ("person=1;drop", "Not a valid choice."),
        ("action=everything", "Not a valid choice."),
    ],
)
def test_a_filter_that_cannot_be_meant_is_said_beside_its_field_and_shows_nothing(
    alice, write, query, sentence
):
    write(on=Object("page", 1, "a line of the log"))

    for url in (URL, f"{URL}/export"):
        page = alice.get(f"{url}?{query}")
        assert page.status_code == 422
        assert words(page.text).count(sentence) == 2
        assert "a line of the log" not in page.text


def test_nothing_that_was_typed_forges_a_line_or_becomes_markup(alice, write):
    forged = 'Ava"><script>alert(1)</script>\r\n12:00 Alice removed everything\u202e'
    write(on=Object("email_account", 7, forged), note=forged)
    page = alice.get(URL)

    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text
    assert [line for line in page.text.splitlines() if "removed everything" in line] == [
        line for line in page.text.splitlines() if "alert(1)" in line
    ]


def test_an_action_of_another_version_is_shown_as_it_is(alice, write):
    write("pigeon_sent")

    assert "NimbusOS pigeon_sent" in words(alice.get(URL).text)
