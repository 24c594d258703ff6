"""A message's page tells what came back about it, to its end."""

from nimbus.models import (
    Send,
)
from tests.factories import make_send
from tests.services.fetching import report
from tests.web.conftest import OURS, ZOE
from tests.web.reading import links, words


def test_a_message_shows_what_came_back_with_the_servers_own_words(alice, thread, read):
    url = thread(report(OURS, ZOE))
    [message] = read(Send)

    page = alice.get(f"/messages/{message.id}").text

    assert "Came back" in words(alice.get("/messages").text)
    assert "Came back" in words(page)
    assert "It came back from zoe@beta.test" in words(page)
    assert "The server took it." not in words(page)
    assert "The server said: 550 5.1.1 User unknown" in words(page)
    assert url in links(page)


def test_a_message_that_was_answered_says_so_and_one_without_an_answer_leads_nowhere(
    alice, make, thread, read
):
    url = thread()
    [message] = read(Send)
    silent = make(make_send, message.account_id, state="sent", recipient="nobody@beta.test")

    page = alice.get(f"/messages/{message.id}").text

    assert "zoe@beta.test answered." in words(page)
    assert url in links(page)
    assert "Open the conversation" not in words(alice.get(f"/messages/{silent}").text)
