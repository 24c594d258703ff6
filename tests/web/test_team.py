"""Settings, Team: who belongs to the workspace, as what, and what a change does to open browsers."""

import pytest

from nimbus.models import AuditEvent, Invitation, Membership
from nimbus.rules.roles import Role
from nimbus.services.set_up import add_to_workspace
from tests.factories import make_person
from tests.web.reading import links, without_token, words

TEAM = "/settings/team"


@pytest.fixture
def ids(cast):
    return {name: person.user_id for name, person in cast.people.items()}


def roles(read):
    return {member.user_id: member.role for member in read(Membership)}


def change(browser, user_id, role, **options):
    return browser.post(f"{TEAM}/members/{user_id}", {"role": role}, **options)


def test_the_page_names_everybody_with_role_and_last_visit(browse, app, cast):
    browse("bob")
    alice = browse("alice")
    with app.app_context():
        make_person(cast.alice.workspace_id, "Nina", role=Role.VIEWER)
    page = words(alice.get(TEAM).text)

    assert "Alice (you) alice@example.com Owner seen just now" in page
    assert "Bob bob@example.com Operator seen just now Change the role of Bob Remove Bob" in page
    assert "Nina nina@example.com Viewer not here yet" in page
    assert "Charlie" not in page
    assert "Open invitations None." in page


def test_somebody_who_signed_out_was_still_seen(alice, browse):
    browse("bob").post("/logout")

    assert "Bob bob@example.com Operator seen just now" in words(alice.get(TEAM).text)


@pytest.mark.parametrize(("person", "status"), [("alice", 200), ("adam", 200), ("bob", 403), ("vera", 403)])
def test_the_team_is_for_owners_and_admins(browse, ids, person, status):
    browser = browse(person)
    pages = (TEAM, f"{TEAM}/invite", f"{TEAM}/members/{ids['bob']}", f"{TEAM}/members/{ids['bob']}/remove")

    assert [browser.get(url).status_code for url in pages] == [status] * 4
    assert (TEAM in links(browser.get("/settings/you").text)) == (status == 200)


def test_a_new_role_acts_on_the_browser_that_is_open(alice, browse, ids, make_page):
    bob, page = browse("bob"), make_page()
    assert bob.post(f"{page}/priority", {"rotation_priority": "5"}).status_code == 303

    answer = change(alice, ids["bob"], "viewer")

    assert (answer.status_code, answer.location) == (303, TEAM)
    assert "Bob is a viewer now." in words(alice.get(TEAM).text)
    assert bob.post(f"{page}/priority", {"rotation_priority": "6"}).status_code == 403
    assert bob.get(page).status_code == 200


def test_whoever_is_removed_is_out_with_the_next_click_and_told_so(alice, browse, ids, read):
    bob, there = browse("bob"), browse("bob")
    assert "Remove Bob from Acme?" in words(alice.get(f"{TEAM}/members/{ids['bob']}/remove").text)

    alice.post(f"{TEAM}/members/{ids['bob']}/remove")

    assert ids["bob"] not in roles(read)
    answer = bob.get("/email-accounts")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "You no longer belong to Acme, and you have no other workspace." in words(bob.get("/login").text)
    fragment = there.get("/", htmx=True)
    assert (fragment.headers["HX-Redirect"], fragment.data) == ("/login", b"")


def test_whoever_has_another_workspace_is_led_there_and_told_so(app, alice, browse, ids):
    with app.app_context():
        add_to_workspace(workspace="Zenith", email="bob@example.com", role=Role.VIEWER)
    bob = browse("bob")
    alice.post(f"{TEAM}/members/{ids['bob']}/remove")

    assert bob.post("/email-accounts/1/remove").location == "/"
    page = words(bob.get("/").text)
    assert "You no longer belong to Acme. This is Zenith." in page
    assert "Bob Zenith Sign out" in page


def test_the_last_owner_reads_beside_the_field_why_the_role_stays(alice, ids, read):
    answer = change(alice, ids["alice"], "viewer")

    assert answer.status_code == 422
    assert "<title>Error: Role of Alice" in answer.text
    sentence = "This is the only owner, and a workspace needs one. Make somebody else an owner first."
    assert words(answer.text).count(sentence) == 2
    assert roles(read)[ids["alice"]] == "owner"


def test_who_gives_up_the_right_to_the_page_is_led_to_the_first_one(alice, ids):
    change(alice, ids["adam"], "owner")
    answer = change(alice, ids["alice"], "viewer")

    assert answer.location == "/"
    assert "You are a viewer now." in words(alice.get("/").text)
    assert alice.get(TEAM).status_code == 403


def test_an_admin_is_offered_nothing_about_owners_and_refused_it(browse, ids, read):
    adam, owner = browse("adam"), f"{TEAM}/members/{ids['alice']}"
    index = adam.get(TEAM)
    assert not {owner, f"{owner}/remove"} & set(links(index.text))
    assert "Owners can change and remove owners." in words(index.text)
    for url in (owner, f"{owner}/remove"):
        for answer in (adam.get(url), adam.post(url, {"role": "viewer"})):
            assert answer.status_code == 403
            assert "Owners can. Ask one of them." in words(answer.text)

    assert 'value="owner"' not in adam.get(f"{TEAM}/members/{ids['bob']}").text
    assert change(adam, ids["bob"], "owner").status_code == 422
    assert adam.post(f"{TEAM}/invite", {"email": "a@x.test", "role": "owner"}).status_code == 422
    assert roles(read)[ids["bob"]] == "operator"
    assert read(Invitation) == []


@pytest.mark.parametrize("role", ["", "emperor", "OWNER", "None"])
def test_a_role_that_was_not_offered_is_refused_beside_the_field(alice, ids, read, role):
    answer = change(alice, ids["bob"], role)

    assert answer.status_code == 422
    assert words(answer.text).count("Choose a role.") == 2
    assert roles(read)[ids["bob"]] == "operator"


@pytest.mark.parametrize("method", ["get", "post"])
def test_people_and_invitations_of_another_workspace_answer_like_missing_ones(
    browse, alice, ids, read, method
):
    alice.post(f"{TEAM}/invite", {"email": "zoe@x.test", "role": "viewer"})
    before = roles(read), len(read(AuditEvent))
    charlie = browse("charlie")
    for place, theirs in (
        ("members/{}", ids["bob"]),
        ("members/{}/remove", ids["bob"]),
        ("invitations/{}/withdraw", read(Invitation)[0].id),
    ):
        url = f"{TEAM}/{place}"
        found, missing = (getattr(charlie, method)(url.format(each)) for each in (theirs, 999_999))
        assert found.status_code == missing.status_code == 404
        assert without_token(found.text) == without_token(missing.text)
    assert (roles(read), len(read(AuditEvent))) == before
    assert len(read(Invitation)) == 1


def test_changes_ask_for_the_password_again_after_half_an_hour(alice, ids, clock, read):
    pages = (f"members/{ids['bob']}", f"members/{ids['bob']}/remove", "invite")
    clock.advance(minutes=31)

    assert alice.get(TEAM).status_code == 200
    for page in pages:
        for answer in (alice.get(f"{TEAM}/{page}"), alice.post(f"{TEAM}/{page}", {"role": "viewer"})):
            assert answer.location == f"/confirm?next={TEAM}/{page}"
    assert roles(read)[ids["bob"]] == "operator"


def test_a_name_is_text_whatever_it_looks_like(app, cast, alice):
    hostile = "<img src=x onerror=alert(1)>"
    with app.app_context():
        make_person(cast.alice.workspace_id, hostile, role=Role.VIEWER)

    assert "&lt;img src=x" in alice.get(TEAM).text
    assert "<img" not in alice.get(TEAM).text
