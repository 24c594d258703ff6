"""What is said to Gmail when a message is sent or looked for."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.providers.errors import GrantRefused
from nimbus.providers.gmail.sending import find_copy, sent_message_id
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider
from nimbus.rules.send_answer_kinds import Category
from tests.providers.api_posting import BODY, EXPIRED, NOW, TAKEN, Tokens, opened, post, refused
from tests.providers.scripted_http import ScriptedHttp, answered

GMAIL = Provider.GMAIL
SINCE = datetime(2026, 10, 1, 11, 0, tzinfo=UTC)


def error(status, reason, message):
    return answered({"error": {"code": status, "message": message, "errors": [{"reason": reason}]}}, status)


def listing(*identities):
    return answered({"messages": [{"id": identity, "threadId": "t"} for identity in identities]})


def headers(**values):
    named = [{"name": name.replace("_", "-"), "value": value} for name, value in values.items()]
    return answered({"id": "x", "payload": {"headers": named}})


def find(server, mark="42"):
    return find_copy(server.hosts(), Tokens(), "<m1@alpha.test>", mark=mark, since=SINCE)


def test_the_message_travels_whole_in_json_and_its_ids_come_back():
    with ScriptedHttp(TAKEN[GMAIL]) as server, opened(GMAIL, server.hosts()) as sender:
        accepted = post(sender)

    asked = server.asked[0]
    assert asked.path == "/gmail/v1/users/me/messages/send"
    assert base64.urlsafe_b64decode(json.loads(asked.body)["raw"]) == BODY
    assert (accepted.provider_id, accepted.thread_id, accepted.line) == (
        "18c1aa",
        "18c0ff",
        "200 OK, id 18c1aa",
    )


def test_a_long_message_goes_to_the_upload_address_as_it_is():
    long = BODY + b"x" * 3_500_000
    with ScriptedHttp(TAKEN[GMAIL]) as server, opened(GMAIL, server.hosts()) as sender:
        post(sender, long)

    asked = server.asked[0]
    assert (asked.path, asked.query) == ("/upload/gmail/v1/users/me/messages/send", {"uploadType": "media"})
    assert (asked.headers["content-type"], asked.body) == ("message/rfc822", long)


@pytest.mark.parametrize(
    ("words", "category", "moment"),
    [
        ("Slow down.  Retry after 2026-10-01T12:00:30.000Z", Category.THROTTLE, NOW + timedelta(seconds=30)),
        (
            "Too many.  Retry after 2026-10-01T18:00:00.000Z",
            Category.PROVIDER_LIMIT,
            NOW + timedelta(hours=6),
        ),
        ("Too many concurrent requests for user", Category.THROTTLE, None),
    ],
)
def test_a_rate_is_told_from_a_full_day_by_its_moment(words, category, moment):
    with ScriptedHttp(error(429, "rateLimitExceeded", words)) as server:
        found = refused(GMAIL, server.hosts())

    assert (found.category, found.retry_after) == (category, moment)


def test_a_copy_is_found_by_its_message_id_wherever_it_lies():
    with ScriptedHttp(listing("18c1aa")) as server:
        assert find(server) == "18c1aa"

    assert server.asked[0].query["q"] == "in:anywhere rfc822msgid:m1@alpha.test"


def test_a_copy_with_another_message_id_is_found_by_its_mark_among_those_sent_since():
    answers = [answered({"resultSizeEstimate": 0}), listing("a", "b", "c")]
    marks = [headers(X_NimbusOS_Send="41"), headers(x_nimbusos_send="42")]
    with ScriptedHttp(*answers, *marks) as server:
        assert find(server) == "b"

    assert server.asked[1].query["q"] == f"in:sent after:{int(SINCE.timestamp()) - 1}"
    assert len(server.asked) == 4


def test_what_is_not_there_is_not_found_and_a_message_that_vanishes_is_passed_over():
    answers = [answered({}), listing("a", "b"), error(404, "notFound", "Gone"), headers(X_NimbusOS_Send="41")]
    with ScriptedHttp(*answers) as server:
        assert find(server) is None


def test_the_message_id_that_gmail_gave_is_read_back():
    with ScriptedHttp(headers(Message_Id="<CA1@mail.gmail.com>")) as server:
        assert sent_message_id(server.hosts(), Tokens(), "18c1aa") == "<CA1@mail.gmail.com>"

    assert server.asked[0].path == "/gmail/v1/users/me/messages/18c1aa"
    assert server.asked[0].query == {"format": "metadata", "metadataHeaders": "Message-ID"}


def test_a_message_that_is_gone_has_none():
    with ScriptedHttp(error(404, "notFound", "Gone")) as server:
        assert sent_message_id(server.hosts(), Tokens(), "18c1aa") is None


def test_a_look_up_asks_for_a_fresh_token_once():
    tokens = Tokens()
    with ScriptedHttp(EXPIRED[GMAIL], headers(Message_ID="<x@y>")) as server:
        assert sent_message_id(server.hosts(), tokens, "1") == "<x@y>"

    assert tokens.wishes == [False, True]


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (EXPIRED[GMAIL], GrantEnding.REVOKED),
        (error(403, "insufficientPermissions", "No"), GrantEnding.SCOPE_MISSING),
        (error(503, "backendError", "Later"), GrantEnding.UNAVAILABLE),
        (answered(b"<html>"), GrantEnding.UNAVAILABLE),
    ],
)
def test_a_look_up_that_is_refused_says_what_that_means(answer, ending):
    with ScriptedHttp(answer, answer) as server, pytest.raises(GrantRefused) as caught:
        find(server)

    assert caught.value.ending == ending
    assert "canary" not in f"{caught.value.line} {caught.value!r}"
