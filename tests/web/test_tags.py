"""Tags and clients of one account, set on its page, and the views of the list that a person keeps."""

import pytest

from nimbus.models import AuditEvent, HealthEvent, SavedView
from tests.web.reading import links, same_part, words

VIEWS = "/email-accounts/views"


def set_tags(browser, page, clients="", tags="", *, htmx=True):
    return browser.post(f"{page}/tags", {"clients": clients, "tags": tags}, htmx=htmx)


def test_tags_are_set_on_the_accounts_page_and_each_change_is_logged(alice, ava, read):
    response = set_tags(alice, ava, "Acme", " vip,  warm   list, VIP ")
    assert response.status_code == 200
    assert "Saved" in words(response.text)
    page = alice.get(ava).text
    assert 'value="Acme"' in page
    assert 'value="vip, warm list"' in page

    set_tags(alice, ava, "Acme", "warm list, new", htmx=False)

    said = {
        "Client “Acme” added",
        "Tag “vip” added",
        "Tag “warm list” added",
        "Tag “vip” taken off",
        "Tag “new” added",
    }
    assert {event.sentence for event in read(HealthEvent)} == said
    assert {"client": "Acme added"} in [event.details for event in read(AuditEvent)]


def test_the_form_alone_is_the_same_part_of_the_page(alice, ava):
    fragment = alice.get(f"{ava}/tags", htmx=True)

    assert same_part(fragment.text, alice.get(f"{ava}/tags").text)
    assert same_part(fragment.text, alice.get(ava).text)


WRONG = {
    "too long": ("", "x" * 41, "Use at most 40 characters for a name."),
    "control character": ("a\x07b", "", "Remove the line break or control character."),
    "too many": ("A", ",".join(f"t{number}" for number in range(20)), "Use at most 20 tags and clients"),
    "both kinds": ("Vip", "taken", "“Taken” is a client already, so it cannot be a tag."),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_tags_are_refused_stay_typed_and_change_nothing(alice, ava, make_page, read, name):
    set_tags(alice, make_page("other@acme.test"), "Taken")
    clients, tags, said = WRONG[name]
    before = len(read(HealthEvent))

    for htmx in (True, False):
        response = set_tags(alice, ava, clients, tags, htmx=htmx)
        assert response.status_code == 422
        assert said in words(response.text)
    assert f'value="{tags}"' in response.text
    assert len(read(HealthEvent)) == before


def test_a_name_that_no_inbox_has_any_more_may_become_the_other_kind(alice, ava):
    set_tags(alice, ava, tags="acme")
    set_tags(alice, ava)

    assert set_tags(alice, ava, clients="ACME").status_code == 200
    assert "1–1 of 1" in words(alice.get("/email-accounts?client=acme").text)
    assert "ACME" in alice.get("/email-accounts").text


def test_a_viewer_reads_tags_and_cannot_change_them(alice, browse, ava):
    set_tags(alice, ava, "Acme", "vip")
    vera = browse("vera")

    assert "Clients and tags Acme, vip" in words(vera.get(ava).text)
    assert set_tags(vera, ava).status_code == 403


def save(browser, name, query):
    return browser.post(VIEWS, {"name": name, "query": query})


def test_a_view_is_kept_below_the_title_for_its_person_alone_and_removed(alice, browse, ava, read):
    page = alice.get("/email-accounts?status=warming&q=ava&page=3").text
    assert f"{VIEWS}?q=ava&status=warming" in links(page.replace("&amp;", "&"))
    assert save(alice, " Warm  ones ", "status=warming&q=ava").status_code == 303

    shown = alice.get("/email-accounts").text
    assert "Warm ones" in words(shown)
    assert "Warm ones In Warming, found by “ava” Remove" in words(alice.get(VIEWS).text)
    assert "/email-accounts?q=ava&status=warming" in links(shown.replace("&amp;", "&"))
    assert "Warm ones" not in browse("adam").get("/email-accounts").text
    [view] = read(SavedView)
    assert browse("adam").post(f"{VIEWS}/{view.id}/remove").status_code == 404
    assert "“Warm ones” was removed." in words(alice.post(f"{VIEWS}/{view.id}/remove", follow=True).text)
    assert read(SavedView) == []


HOSTILE = {
    "status=ready&sort=password&x=1#y": "status=ready",
    "next=//evil.test&q=%22%3E%3Cscript%3E": "q=%22%3E%3Cscript%3E",
    "q=" + "x" * 5000: "q=" + "x" * 200,
    "page=7&per_page=25": "per_page=25",
    "q=%00%FF&domain=a%26b": "q=%EF%BF%BD&domain=a%26b",
    "=&&;%": "",
}


@pytest.mark.parametrize("query", HOSTILE)
def test_a_view_keeps_only_what_the_list_itself_reads(alice, ava, read, query):
    save(alice, "Mine", query)

    assert [view.query for view in read(SavedView)] == [HOSTILE[query]]
    assert alice.get("/email-accounts").status_code == alice.get(VIEWS).status_code == 200


def test_a_name_of_a_view_is_used_once_and_twenty_are_enough(alice, ava, read):
    save(alice, "Mine", "q=a")
    for name, said in (
        ("MINE", "You have a view called “MINE” already."),
        ("", "Enter a name"),
        ("x" * 41, "40"),
    ):
        refused = save(alice, name, "q=b")
        assert refused.status_code == 422
        assert said in words(refused.text)
    for number in range(19):
        save(alice, str(number), "q=a")

    assert "You have 20 saved views." in words(save(alice, "one more", "q=a").text)
    assert len(read(SavedView)) == 20
