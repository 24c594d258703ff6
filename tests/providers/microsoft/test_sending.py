"""What is said to Microsoft Graph when a message is sent or looked for."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.providers.errors import GrantRefused
from nimbus.providers.microsoft.sending import find_copy, sent_message_id
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider
from nimbus.rules.send_answer_kinds import Category
from tests.providers.api_posting import BODY, EXPIRED, NOW, TAKEN, Tokens, opened, post, refused
from tests.providers.scripted_http import ScriptedHttp, answered

MICROSOFT = Provider.MICROSOFT
SINCE = datetime(2026, 10, 1, 11, 0, tzinfo=UTC)
KEPT = 'IdType="ImmutableId"'


def error(status, code, message="Words", **headers):
    return answered({"error": {"code": code, "message": message, "innerError": {}}}, status, **headers)


def item(identity, **headers):
    named = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return {"id": identity, "internetMessageHeaders": named}


def find(server, message_id="<m1@alpha.test>"):
    return find_copy(server.hosts(), Tokens(), message_id, mark="42", since=SINCE)


def test_the_message_travels_whole_as_mime_in_standard_base64():
    odd = BODY + b"\xfb\xff\xfe" * 20  # + and / where the web's own base64 has - and _
    with ScriptedHttp(TAKEN[MICROSOFT]) as server, opened(MICROSOFT, server.hosts()) as sender:
        accepted = post(sender, odd)

    asked = server.asked[0]
    assert (asked.path, asked.headers["content-type"]) == ("/v1.0/me/sendMail", "text/plain")
    assert base64.b64decode(asked.body, validate=True) == odd
    assert (accepted.line, accepted.provider_id, accepted.thread_id) == ("202 Accepted", None, None)


def test_every_call_asks_for_ids_that_stay():
    with ScriptedHttp(TAKEN[MICROSOFT]) as server, opened(MICROSOFT, server.hosts()) as sender:
        post(sender)
        find(server)
        sent_message_id(server.hosts(), Tokens(), "AAk1")

    assert {asked.headers["prefer"] for asked in server.asked} == {KEPT}


@pytest.mark.parametrize(
    ("answer", "category", "moment"),
    [
        (error(429, "ApplicationThrottled", Retry_After="7"), Category.THROTTLE, NOW + timedelta(seconds=7)),
        (error(429, "TooManyRequests"), Category.THROTTLE, None),
        (error(429, "ErrorExceededMessageLimit", "Daily"), Category.PROVIDER_LIMIT, None),
        (error(403, "ErrorExceededHourlyMessageLimit"), Category.THROTTLE, NOW + timedelta(hours=1)),
        (error(403, "ErrorAccountSuspend"), Category.SUSPENDED, None),
        (error(429, "ErrorQuotaExceeded"), Category.MAILBOX_FULL, None),
    ],
)
def test_what_holds_the_inbox_is_told_with_its_moment(answer, category, moment):
    with ScriptedHttp(answer) as server:
        found = refused(MICROSOFT, server.hosts())

    assert (found.category, found.retry_after) == (category, moment)


def test_a_policy_behind_a_401_wants_the_person_and_not_another_token():
    answer = error(401, "InvalidAuthenticationToken", WWW_Authenticate='Bearer error="x", claims="eyJ9"')
    with ScriptedHttp(answer, answer) as server:
        assert refused(MICROSOFT, server.hosts()).ending == GrantEnding.INTERACTION


def test_a_copy_is_found_by_its_message_id():
    with ScriptedHttp(answered({"value": [{"id": "AAk1"}]})) as server:
        assert find(server, "<o'neill@alpha.test>") == "AAk1"

    asked = server.asked[0]
    assert asked.path == "/v1.0/me/mailFolders/sentitems/messages"
    assert asked.query["$filter"] == "internetMessageId eq '<o''neill@alpha.test>'"


def test_a_copy_with_another_message_id_is_found_by_its_mark_among_those_sent_since():
    newest = [item("AAk1", X_NimbusOS_Send="41"), {"id": "AAk2"}, item("AAk3", x_nimbusos_send="42")]
    with ScriptedHttp(answered({"value": []}), answered({"value": newest})) as server:
        assert find(server) == "AAk3"

    assert server.asked[1].query["$filter"] == "receivedDateTime ge 2026-10-01T11:00:00Z"


@pytest.mark.parametrize("newest", [[], None, [3], [{"id": 5, "internetMessageHeaders": "x"}]])
def test_what_is_not_there_is_not_found(newest):
    with ScriptedHttp(answered({"value": []}), answered({"value": newest})) as server:
        assert find(server) is None


def test_the_message_id_that_exchange_gave_is_read_back():
    with ScriptedHttp(answered({"internetMessageId": "<x@prod.outlook.com>"})) as server:
        assert sent_message_id(server.hosts(), Tokens(), "AAk1") == "<x@prod.outlook.com>"

    assert (server.asked[0].path, server.asked[0].query) == (
        "/v1.0/me/messages/AAk1",
        {"$select": "internetMessageId"},
    )


def test_a_message_that_is_gone_has_none():
    with ScriptedHttp(error(404, "ErrorItemNotFound")) as server:
        assert sent_message_id(server.hosts(), Tokens(), "AAk1") is None


def test_a_look_up_that_is_refused_says_what_that_means():
    with (
        ScriptedHttp(EXPIRED[MICROSOFT], EXPIRED[MICROSOFT]) as server,
        pytest.raises(GrantRefused) as caught,
    ):
        find(server)

    assert caught.value.ending == GrantEnding.REVOKED
