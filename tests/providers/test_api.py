"""Sending by one POST: a message that may have left is never sent again, and one that has not is said to be there."""

import pytest

from nimbus.providers.errors import GrantRefused, StoppedBeforeBody
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import Provider
from nimbus.rules.send_answer_kinds import Category, Stage
from tests.providers.api_posting import BODY, EXPIRED, TAKEN, Tokens, opened, post, refused, unknown
from tests.providers.scripted_http import ScriptedHttp, answered, drip, hang_up, stay_silent

pytestmark = pytest.mark.parametrize("provider", [Provider.GMAIL, Provider.MICROSOFT])


def test_a_message_is_accepted_by_one_post(provider):
    with ScriptedHttp(TAKEN[provider]) as server, opened(provider, server.hosts()) as sender:
        accepted = post(sender)

    assert accepted.line.startswith("20")
    assert [asked.method for asked in server.asked] == ["POST"]
    assert server.asked[0].headers["authorization"] == "Bearer canary-1"


def test_many_messages_leave_over_one_connection(provider):
    with ScriptedHttp(*[TAKEN[provider]] * 5) as server, opened(provider, server.hosts()) as sender:
        for _ in range(5):
            assert sender.is_ready()
            post(sender)

    assert (len(server.asked), server.clients) == (5, 1)


def test_a_message_that_is_taken_back_at_the_last_moment_never_leaves(provider):
    with (
        ScriptedHttp() as server,
        opened(provider, server.hosts()) as sender,
        pytest.raises(StoppedBeforeBody),
    ):
        post(sender, before_body=lambda: False)

    assert server.asked == []


def test_an_expired_token_is_asked_for_once_more_and_the_message_sent_once(provider):
    tokens, asked = Tokens(), []
    with (
        ScriptedHttp(EXPIRED[provider], TAKEN[provider]) as server,
        opened(provider, server.hosts(), tokens) as sender,
    ):
        post(sender, before_body=lambda: not asked.append(1))

    assert (tokens.wishes, len(asked)) == ([False, True], 1)
    assert [request.headers["authorization"] for request in server.asked] == [
        "Bearer canary-1",
        "Bearer canary-2",
    ]


def test_a_fresh_token_that_is_refused_too_is_a_sign_in_that_is_lost(provider):
    with ScriptedHttp(EXPIRED[provider], EXPIRED[provider]) as server:
        error = refused(provider, server.hosts())

    assert (error.stage, error.category, error.ending) == (
        Stage.SIGN_IN,
        Category.SIGN_IN_LOST,
        GrantEnding.REVOKED,
    )
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("ending", "category"),
    [
        (GrantEnding.REVOKED, Category.SIGN_IN_LOST),
        (GrantEnding.INTERACTION, Category.SIGN_IN_LOST),
        (GrantEnding.APP_WRONG, Category.APP_WRONG),
        (GrantEnding.UNAVAILABLE, Category.CONNECTION),
    ],
)
@pytest.mark.parametrize("at", [1, 2])
def test_without_a_token_nothing_has_left_whether_it_was_the_first_or_a_fresh_one(
    provider, ending, category, at
):
    tokens = Tokens()

    def access(fresh):
        token = tokens(fresh)
        if len(tokens.wishes) == at:
            raise GrantRefused(ending, "its own words")
        return token

    with ScriptedHttp(EXPIRED[provider]) as server:
        error = refused(provider, server.hosts(), access)

    assert (error.stage, error.category, error.ending) == (Stage.SIGN_IN, category, ending)
    assert (error.line, len(server.asked)) == ("its own words", at - 1)


@pytest.mark.parametrize("after_a_401", [False, True])
@pytest.mark.parametrize(
    "fault", [hang_up, answered({"error": {}}, 500), answered(b"<html>", 503), answered({}, 504)]
)
def test_a_fault_after_the_message_began_to_leave_is_a_doubt_and_no_second_post(provider, fault, after_a_401):
    answers = [EXPIRED[provider], fault] if after_a_401 else [fault]
    with ScriptedHttp(*answers) as server:
        doubt = unknown(provider, server.hosts())

    assert doubt.sentence
    assert len(server.asked) == len(answers)


@pytest.mark.parametrize("slow", [stay_silent, drip])
def test_a_server_that_does_not_confirm_in_time_is_a_doubt(provider, slow):
    with ScriptedHttp(slow) as server:
        doubt = unknown(provider, server.hosts(send_seconds=0.4))

    assert doubt.sentence == "The server did not confirm within 0 seconds that it took the message."


@pytest.mark.parametrize("nonsense", [answered(b"<html>", 200), answered({"id": 5}, 200), answered([], 204)])
def test_a_success_that_is_not_the_promised_one_is_a_doubt(provider, nonsense):
    with ScriptedHttp(nonsense) as server:
        assert unknown(provider, server.hosts()).line.startswith("20")


@pytest.mark.parametrize(
    "answer", [answered(b"<html>", 403), answered({}, 407), answered({}, 302, Location="/login")]
)
def test_something_in_between_that_answers_judges_neither_message_nor_inbox(provider, answer):
    with ScriptedHttp(answer) as server:
        error = refused(provider, server.hosts())

    assert (error.stage, error.category, error.ending) == (Stage.CONNECT, Category.CONNECTION, None)


def test_where_nobody_listens_the_message_was_not_even_begun(provider):
    asked = []
    with ScriptedHttp() as server:
        closed = server.hosts()

    error = refused(provider, closed, before_body=lambda: not asked.append(1))

    assert (error.stage, error.category, asked) == (Stage.CONNECT, Category.CONNECTION, [])


def test_a_refusal_is_told_in_the_providers_words_without_the_token(provider):
    body = {
        "error": {
            "code": "ErrorSomething",
            "message": "No canary-1!\r\nAt all",
            "errors": [{"reason": "something"}],
        }
    }
    with ScriptedHttp(answered(body, 400)) as server:
        error = refused(provider, server.hosts())

    assert error.line.startswith("400 ")
    assert error.line.endswith(": No ••••! At all")
    assert (error.stage, error.category) == (Stage.BODY, Category.SIZE_OR_FORMAT)


def test_a_message_that_is_too_long_is_refused_before_anything_leaves(provider):
    tokens = Tokens()
    most = {Provider.GMAIL: 36_700_160, Provider.MICROSOFT: 3 * 1024 * 1024}[provider]
    with ScriptedHttp() as server:
        error = refused(provider, server.hosts(), tokens, message=BODY.ljust(most + 1))

    assert (error.category, server.asked, tokens.wishes) == (Category.SIZE_OR_FORMAT, [], [])
