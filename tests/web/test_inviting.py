"""Making invitations: the link is shown once, and withdrawn in one step."""

import re

import pytest

from nimbus.models import Invitation
from tests.web.reading import words

INVITE = "/settings/team/invite"


def invite(browser, email="Zoe@Acme.test", role="viewer"):
    return browser.post(INVITE, {"email": email, "role": role})


def link_on(page):
    return re.search(r"http://127\.0\.0\.1:8000(/invite/[\w-]{43})", page).group(1)


def test_the_link_is_shown_once_with_a_button_to_copy_it(alice):
    answer = invite(alice)
    path = link_on(answer.text)

    assert answer.status_code == 200
    assert "Hand this link to zoe@acme.test" in words(answer.text)
    assert 'data-copy="invitation-link"' in answer.text
    for url in ("/settings/team", "/settings/audit", INVITE):
        assert path.rpartition("/")[2] not in alice.get(url).text


def test_open_invitations_are_listed_with_their_end(alice, clock):
    invite(alice)
    assert "zoe@acme.test invited by Alice Viewer expires in 7 d Withdraw" in words(
        alice.get("/settings/team").text
    )

    clock.advance(days=9, minutes=1)
    assert "expired 2 d ago" in words(alice.get("/settings/team").text)


def test_a_second_invitation_replaces_the_first(alice, app, read):
    first, second = link_on(invite(alice).text), link_on(invite(alice, role="admin").text)

    assert [each.role for each in read(Invitation)] == ["admin"]
    stranger = app.test_client()
    assert [stranger.get(path).status_code for path in (first, second)] == [404, 200]


def test_a_withdrawn_link_opens_nothing(alice, app, read):
    path = link_on(invite(alice).text)
    withdraw = f"/settings/team/invitations/{read(Invitation)[0].id}/withdraw"
    assert "Withdraw the invitation of zoe@acme.test?" in words(alice.get(withdraw).text)
    assert app.test_client().get(path).status_code == 200

    assert alice.post(withdraw).location == "/settings/team"

    assert "The invitation of zoe@acme.test was withdrawn." in words(alice.get("/settings/team").text)
    assert app.test_client().get(path).status_code == 404
    assert alice.post(withdraw).status_code == 404


@pytest.mark.parametrize(
    ("email", "role", "sentence"),
    [
        ("", "viewer", "Enter the person's address."),
        ("zoe", "viewer", "Enter an address like ava@example.com."),
        ("zoe@acme.test\r\nBcc: x@y.test", "viewer", "Enter an address like ava@example.com."),
        ("zoe@acme.test", "", "Choose a role."),
        ("BOB@example.com", "viewer", "Bob has this address and is a member already."),
    ],
)
def test_what_cannot_be_right_is_said_beside_its_field(alice, read, email, role, sentence):
    answer = invite(alice, email, role)

    assert answer.status_code == 422
    assert "<title>Error: Invite somebody" in answer.text
    assert words(answer.text.replace("&#39;", "'")).count(sentence) == 2
    assert read(Invitation) == []


def test_withdrawing_asks_for_the_password_again_after_half_an_hour(alice, clock, read):
    invite(alice)
    withdraw = f"/settings/team/invitations/{read(Invitation)[0].id}/withdraw"
    clock.advance(minutes=31)

    assert alice.post(withdraw).location == f"/confirm?next={withdraw}"
    assert len(read(Invitation)) == 1
