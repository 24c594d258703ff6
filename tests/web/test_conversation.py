"""One conversation: what was said in it, answering, and saying what a message is."""

import re

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import (
    EmailAccountHealth,
    Incoming,
    Send,
    Suppression,
)
from tests.services.fetching import answer
from tests.web.conftest import OURS, ZOE
from tests.web.reading import hidden_fields, links, words

HTML = '<p>Hi <b>you</b> <script>go()</script><img src="https://beta.test/seen.png"><a href="https://beta.test/">x</a></p>'


def test_a_conversation_shows_both_sides_in_order_the_words_first_and_the_quote_apart(alice, thread):
    quoted = "Sounds good.\n\nOn Mon, 1 Nov 2026 at 10:00, Ava wrote:\n> shall we talk?"
    page = words(alice.get(thread(answer(OURS, quoted, sender=ZOE))).text)

    assert (
        page.index("Hi Zoe, shall we talk?") < page.index("Sounds good.") < page.index("With what it quotes")
    )
    assert "Matched by the Message-ID of a message sent from here" in page


def test_html_is_shown_in_a_frame_where_nothing_of_it_acts(app, alice, thread, change):
    url = thread()
    change(Incoming, html=HTML)
    page = alice.get(url).text

    [source] = re.findall(
        r'<iframe[^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"[^>]*src="([^"]+)"', page
    )
    framed = alice.client.get(source)
    assert "<p>Hi <b>you</b> <a " in framed.text
    assert 'rel="noopener noreferrer"' in framed.text
    assert "script" not in framed.text
    assert "img" not in framed.text
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups " in policy
    assert "img-src" not in policy


def test_pictures_are_loaded_only_when_somebody_asks(alice, thread, change):
    url = thread()
    change(Incoming, html=HTML)
    [ask] = [link for link in links(alice.get(url).text) if "pictures=" in link]

    [source] = re.findall(r'src="(/replies/messages/\d+/html\?pictures=1)"', alice.get(ask).text)
    framed = alice.client.get(source)
    assert '<img src="https://beta.test/seen.png">' in framed.text
    assert "img-src https: http:" in framed.headers["Content-Security-Policy"]


def test_an_answer_leaves_through_the_same_inbox_and_stands_in_the_conversation(alice, thread, read):
    url = thread()
    answered = alice.post(f"{url}/answer", hidden_answer(alice, url) | {"body": "Monday at ten?"})

    new = read(Send)[-1]
    assert answered.location == f"{url}#answer"
    assert (new.recipient, new.subject, new.state) == (ZOE, "Re: Hello", "queued")
    assert new.headers["In-Reply-To"]
    page = words(alice.get(url).text)
    assert "Monday at ten?" in page
    assert "Done just now by Alice" in page


def hidden_answer(alice, url):
    return {"key": hidden_fields(alice.get(url).text)["key"]}


def test_pressing_twice_answers_once(alice, thread, read):
    url = thread()
    form = hidden_answer(alice, url) | {"body": "Monday?"}

    for _ in range(2):
        alice.post(f"{url}/answer", form)

    assert len(read(Send)) == 2


def test_an_empty_answer_is_said_beside_the_field(alice, thread, read):
    url = thread()
    page = alice.post(f"{url}/answer", {"body": ""})

    assert page.status_code == 422
    assert "Write an answer." in words(page.text)
    assert len(read(Send)) == 1


def test_what_was_typed_is_kept_where_it_cannot_be_sent(app, alice, cast, thread, change, read):
    url = thread()
    with app.app_context(), transaction() as session:
        values = {"email": ZOE, "reason": "opt_out", "created_at": now()}
        session.add(Suppression(workspace_id=cast.alice.workspace_id, **values))

    refused = alice.post(f"{url}/answer", {"body": "Long and thought through."})

    assert refused.status_code == 422
    assert "Long and thought through." in refused.text
    assert "What you wrote was not sent; it is still below." in words(refused.text)
    change(EmailAccountHealth, connection_state="auth_failed")
    assert "Reconnect" in words(alice.get(url).text)


def test_a_correction_is_shown_with_who_made_it_and_when(alice, thread, read):
    url = thread()
    [came] = read(Incoming)

    answered = alice.post(f"/replies/messages/{came.id}/class", {"class": "not_now"})

    assert answered.location == f"{url}#message-{came.id}"
    page = words(alice.get(url).text)
    assert "Alice made “Interested” into “Not now”, just now ." in page
    assert alice.post(f"/replies/messages/{came.id}/class", {"class": "nonsense"}).status_code == 400
    assert alice.post("/replies/messages/999/class", {"class": "other"}).status_code == 404


def test_who_only_looks_reads_everything_and_changes_nothing(browse, thread):
    page = words(browse("vera").get(thread()).text)

    assert "Sounds good." in page
    assert "Owners, admins and operators can answer, and say what a message is." in page
    assert "Mark as done" not in page
    assert "Change the class" not in page
