"""A new inbox belongs to its domain's record by itself, by whichever path it comes and comes back."""

import pytest

from nimbus.models import DomainHealth, EmailAccountHealth
from tests.factories import make_domain, make_email_account
from tests.web.reading import words

BOTH = pytest.mark.parametrize("path", ["gmail", "microsoft"])


@pytest.fixture
def known(app, cast):
    """alpha.test has an inbox already, and is paused."""
    with app.app_context():
        make_email_account(cast.alice.workspace_id, "old@alpha.test")
        return make_domain(
            cast.alice.workspace_id, "alpha.test", pause_reason="Listed on Spamhaus DBL", score=80
        )


@pytest.mark.claim("C51")
@BOTH
def test_a_sign_in_on_a_known_domain_shares_its_record_and_its_pause_at_once(
    alice, journey, mailbox, known, read, path
):
    mailbox(path)
    page = journey(path).go()

    assert "linked to domain alpha.test" in words(page.text)
    assert [(each.email, each.domain_id) for each in read(EmailAccountHealth)] == [
        ("old@alpha.test", known),
        ("ann@alpha.test", known),
    ]
    new = words(alice.get(f"/email-accounts/{read(EmailAccountHealth)[1].id}").text)
    assert "Listed on Spamhaus DBL on alpha.test Open domain" in new
    assert "2 inboxes ann@alpha.test Domain paused old@alpha.test" in words(
        alice.get("/domains/alpha.test").text
    )


@pytest.mark.claim("C51")
@BOTH
def test_an_inbox_that_comes_back_by_another_path_finds_the_record_of_its_domain(
    alice, journey, mailbox, known, read, path
):
    old = read(EmailAccountHealth)[0].id
    alice.post(f"/email-accounts/{old}/remove")
    assert "No inbox sends from it any more" in words(alice.get("/domains/alpha.test").text)

    mailbox(path, "old@alpha.test", "Old Alpha")
    journey(path).go("old@alpha.test")

    assert [(each.id, each.domain_id) for each in read(EmailAccountHealth)] == [(old, known)]
    assert "1 inbox old@alpha.test Domain paused" in words(alice.get("/domains/alpha.test").text)
    assert len(read(DomainHealth)) == 1


@BOTH
def test_another_address_is_another_inbox_with_the_record_of_its_own_domain(
    journey, mailbox, known, read, path
):
    mailbox(path)
    mailbox(path, "ann@beta.test", "Ann Beta")
    for address in ("ann@alpha.test", "ann@beta.test"):
        journey(path).go(address)
    names = {each.id: each.name for each in read(DomainHealth)}

    assert [(each.email, names[each.domain_id]) for each in read(EmailAccountHealth)] == [
        ("old@alpha.test", "alpha.test"),
        ("ann@alpha.test", "alpha.test"),
        ("ann@beta.test", "beta.test"),
    ]
