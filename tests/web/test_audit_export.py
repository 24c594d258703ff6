"""The audit log as a file: asked for with a fresh password, recorded, and harmless in a spreadsheet."""

import csv
import io

import pytest

from nimbus.database import transaction
from nimbus.models import AuditEvent
from nimbus.rules.audit import Action
from nimbus.services.audit import Object, record
from tests.web.reading import hidden_fields, links, words

URL = "/settings/audit/export"


@pytest.fixture
def write(app, cast):
    """Add a line that NimbusOS wrote to the log of Acme."""

    def line(name, **details):
        with app.app_context(), transaction() as session:
            on = Object("email_account", 7, name)
            workspace_id = cast.alice.workspace_id
            record(session, Action.ACCOUNT_CHANGED, workspace_id=workspace_id, on=on, **details)

    return line


def rows(response):
    assert response.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(response.text, newline=""), strict=True))


def test_the_page_says_what_will_be_taken_and_the_file_holds_just_that(alice, write, read):
    for name in ("ava@acme.test", "ben@acme.test", "ava@zenith.test"):
        write(name, daily_limit="from 20 to 35")
    page = alice.get(f"{URL}?q=ava")
    assert "2 lines, the newest first" in words(page.text)
    assert "Narrowed to: To what: ava" in words(page.text)

    response = alice.post(URL, hidden_fields(page.text))

    head, *lines = rows(response)
    assert head[:4] == ["When (UTC)", "Who", "Who (id)", "What"]
    assert [line[6] for line in lines] == ["ava@zenith.test", "ava@acme.test"]
    assert lines[0][1:6] == ["NimbusOS", "", "account_changed", "email_account", "7"]
    assert lines[0][7:] == ["Daily limit: from 20 to 35", ""]
    assert lines[0][0].endswith("Z")
    assert read(AuditEvent)[-1].details == {"lines": 2, "only": ["To what: ava"]}


def test_the_file_is_downloaded_under_a_name_and_kept_nowhere(alice, write):
    write("ava@acme.test")
    response = alice.post(URL)

    assert response.headers["Content-Disposition"].startswith('attachment; filename="audit-log-20')
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.is_streamed


def test_each_export_is_a_line_of_the_log_and_not_of_its_own_file(alice, write, read):
    write("ava@acme.test")

    first, second = rows(alice.post(URL)), rows(alice.post(URL))

    assert [line[3] for line in first[1:]] == ["account_changed"]
    assert [line[3] for line in second[1:]] == ["audit_exported", "account_changed"]
    assert second[1][1] == "Alice"
    assert second[1][7:] == ["Lines: 1; Only: everything", "127.0.0.1"]
    assert len([event for event in read(AuditEvent) if event.action == "audit_exported"]) == 2


def test_no_field_is_a_formula_and_no_name_a_line_of_its_own(alice, write):
    for name in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", '"quoted", and more', "a\r\nb,c"):
        write(name)
    response = alice.post(URL)

    names = [line[6] for line in rows(response)[1:]]
    assert names == ["a  b,c", '"quoted", and more', " x", "'@SUM(A1)", "'-1", "'+1", "'=HYPERLINK(1)"]
    assert response.text.count("\n") == response.text.count("\r\n") == 8


def test_a_password_typed_long_ago_is_asked_for_again_before_page_and_file(alice, write, clock, read):
    write("ava@acme.test")
    clock.advance(minutes=31)

    assert alice.get(f"{URL}?q=ava").location.startswith("/confirm?next=/settings/audit/export")
    answer = alice.post(URL)
    assert answer.location.startswith("/confirm?next=/settings/audit/export")
    assert [event.action for event in read(AuditEvent)] == ["account_changed"]


def test_the_log_leads_to_the_export_with_its_filter(alice, write):
    write("ava@acme.test")

    assert f"{URL}?q=ava" in links(alice.get("/settings/audit?q=ava").text)


def test_a_filter_that_cannot_be_meant_gives_no_file(alice, write, read):
    write("ava@acme.test")
    response = alice.post(URL, {"since": "yesterday"})

    assert (response.status_code, response.mimetype) == (422, "text/html")
    assert [event.action for event in read(AuditEvent)] == ["account_changed"]
